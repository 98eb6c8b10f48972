# Node runs the sources as they are: nothing is built.
FROM node:26-slim
ENV NODE_ENV=production
WORKDIR /app

# The npm package `node` pins the runtime for development only, so it stays out and the image's Node runs.
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev && npm cache clean --force
COPY src ./src
COPY config ./config

RUN install --directory --owner=node --group=node --mode=700 data
USER node
VOLUME /app/data
EXPOSE 53/udp 53/tcp 5380/tcp

# Ready once the configuration is loaded. A monitor has no API: switch this off for it.
HEALTHCHECK --interval=5s --timeout=3s --start-period=10s CMD ["node", "-e", "fetch('http://127.0.0.1:5380/readyz').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]

ENTRYPOINT ["node", "src/lifeguard.js"]
CMD ["serve"]
