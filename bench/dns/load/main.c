/*
 * A load generator for DNS servers, for one core. It asks for A or AAAA records and checks every answer: its ID, its question,
 * its rcode, how many records it has. One line of JSON on standard output says what came of it.
 *
 *   load -s address -p port -q file [-n file] [-t] [-e] [-6] [-d seconds] [-r rate] [-c sockets] [-w window] [-a answers] [-P process]...
 *
 *   -q  names to ask for, one a line, in this order, again and again
 *   -n  IPv4 networks of 24 bits, one a line: the client subnet of each query is the next one
 *   -t  over TCP        -e  with EDNS (1232 octets)        -6  for AAAA records instead of A records
 *   -r  queries a second in all, sent at their times whatever comes back; without it, `window` queries are kept out on
 *       each of `sockets` sockets (each with its own port) for `seconds`
 *   -a  records the answer section must have
 *   -P  a process of the server, whose processor time is told
 */
#include "load.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

uint64_t now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000000ull + (uint64_t)now.tv_nsec;
}

static clockid_t server_clocks[SERVER_PROCESSES_MAX];
static int server_clock_count;

static void add_server_process(const char *pid) {
  if (server_clock_count == SERVER_PROCESSES_MAX) die("-P is given too often");
  errno = clock_getcpuclockid(atoi(pid), &server_clocks[server_clock_count]);
  if (errno != 0) die("-P");
  server_clock_count += 1;
}

double server_cpu_seconds(void) {
  double seconds = 0;
  struct timespec time;
  for (int i = 0; i < server_clock_count; i += 1)
    if (clock_gettime(server_clocks[i], &time) == 0) seconds += (double)time.tv_sec + (double)time.tv_nsec / 1e9;
  return seconds;
}

void die(const char *what) {
  fprintf(stderr, "load: %s%s%s\n", what, errno ? ": " : "", errno ? strerror(errno) : "");
  exit(1);
}

int main(int argc, char **argv) {
  struct options options = {.seconds = 1, .sockets = 4, .window = 64, .answers = 1};
  static struct tally tally;
  const char *address = NULL, *port = NULL, *names = NULL, *subnets = NULL;
  int tcp = 0, edns = 0, aaaa = 0;
  for (int option; (option = getopt(argc, argv, "s:p:q:n:te6d:r:c:w:a:P:")) != -1;) switch (option) {
      case 's': address = optarg; break;
      case 'p': port = optarg; break;
      case 'q': names = optarg; break;
      case 'n': subnets = optarg; break;
      case 't': tcp = 1; break;
      case 'e': edns = 1; break;
      case '6': aaaa = 1; break;
      case 'd': options.seconds = atof(optarg); break;
      case 'r': options.rate = atof(optarg); break;
      case 'c': options.sockets = atoi(optarg); break;
      case 'w': options.window = atoi(optarg); break;
      case 'a': options.answers = atoi(optarg); break;
      case 'P': add_server_process(optarg); break;
      default: return 2;
    }
  if (address == NULL || port == NULL || names == NULL) die("-s, -p and -q are needed");
  if (options.sockets < 1 || options.sockets > SOCKETS_MAX) die("-c must be 1 to 64");
  if (options.window < 1 || options.window > WINDOW_MAX) die("-w must be 1 to 1024");
  if (!(options.seconds > 0 && options.seconds <= 600)) die("-d must be above 0 and at most 600");
  if (options.rate < 0) die("-r must not be negative");
  struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV, .ai_socktype = SOCK_DGRAM};
  if (getaddrinfo(address, port, &hints, &options.server) != 0) die("that is no address and port");
  options.questions = read_questions(names, edns, aaaa, subnets);

  (tcp ? run_tcp : run_udp)(&options, &tally);
  printf("{\"seconds\":%.6f,\"cpuSeconds\":%.9f,\"sent\":%llu,\"answered\":%llu,\"lost\":%llu,\"wrong\":%llu,\"strays\":%llu,"
         "\"skipped\":%llu,\"closed\":%llu,\"p50Us\":%.2f,\"p90Us\":%.2f,\"p99Us\":%.2f,\"maxUs\":%.2f}\n",
         tally.seconds, tally.cpu_seconds, (unsigned long long)tally.sent, (unsigned long long)tally.answered,
         (unsigned long long)tally.lost, (unsigned long long)tally.wrong, (unsigned long long)tally.strays,
         (unsigned long long)tally.skipped, (unsigned long long)tally.closed, quantile_us(&tally, 0.5),
         quantile_us(&tally, 0.9), quantile_us(&tally, 0.99), quantile_us(&tally, 1));
}
