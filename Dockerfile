# syntax=docker/dockerfile:1

# Build: the program in a few files.
FROM node:20-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY tsconfig.json ./
COPY src ./src
COPY scripts/build.ts ./scripts/
RUN npm run build

# What the program needs to run, without the tools that made it.
FROM node:20-bookworm-slim AS modules
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev

FROM node:20-bookworm-slim
# RocksDB's prebuilt binary asks for libatomic.
RUN apt-get update \
  && apt-get install -y --no-install-recommends libatomic1 \
  && rm -rf /var/lib/apt/lists/* \
  && install -d -o node -g node /var/lib/headgate
WORKDIR /app
ENV NODE_ENV=production
COPY --from=modules /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY package.json LICENSE ./
COPY config ./config
USER node
VOLUME /var/lib/headgate
# Records API, Redis protocol. The admin port stays on loopback inside the container.
EXPOSE 7400 7401
# Ready, not merely alive: a draining gateway must get no new traffic.
HEALTHCHECK --interval=5s --timeout=3s --start-period=30s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:7402/readyz').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
# SIGTERM drains: not ready, requests in flight finish (limits.drainTimeout), then exit.
STOPSIGNAL SIGTERM
ENTRYPOINT ["node", "--max-semi-space-size=64", "dist/main.js"]
CMD ["run", "-c", "config/examples/container.yaml"]
