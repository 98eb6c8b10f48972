# Node runs the sources as they are: nothing is built.
FROM node:26-slim
ENV NODE_ENV=production
WORKDIR /app

# The image has a Node of its own, so the one that npm installs with the program is left out.
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev && rm -r node_modules/node-linux-* node_modules/.bin/node && npm cache clean --force
COPY src ./src
COPY config ./config

RUN install --directory --owner=node --group=node --mode=700 data
USER node
# Where a user who may not write beside the packages can: what was made of the source makes the next start faster.
ENV NODE_COMPILE_CACHE=/app/data/compile-cache
# No signal opens the debugger, not even before the first line of the program.
ENV NODE_OPTIONS=--disable-sigusr1
VOLUME /app/data
EXPOSE 53/udp 53/tcp 5380/tcp

# Of a server; it asks where, and by HTTP or HTTPS, the configuration says. Of a monitor: check-live monitor.
HEALTHCHECK --interval=30s --timeout=10s --start-period=30s CMD ["node", "src/lifeguard.js", "check-live", "serve"]

ENTRYPOINT ["node", "src/lifeguard.js"]
CMD ["serve"]
