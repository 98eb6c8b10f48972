import { startSentinels } from '../../../support/server/failover-redis.ts';
import { failoverRules } from './failover-rules.ts';

failoverRules('Sentinel', startSentinels);
