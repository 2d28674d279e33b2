# Mayfly's server, and nothing else: no shell, no package manager, no agent. For both architectures:
#
#   docker buildx build --platform linux/amd64,linux/arm64 .
#
# What it is built by can be given, for builds without the internet or with a mirror of one's own: GO_IMAGE.
ARG GO_IMAGE=golang:1.26.8-bookworm

# Go compiles for the target on whatever builds.
FROM --platform=$BUILDPLATFORM ${GO_IMAGE} AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG TARGETOS=linux
ARG TARGETARCH=amd64
RUN CGO_ENABLED=0 GOOS=${TARGETOS} GOARCH=${TARGETARCH} go build -trimpath -ldflags='-s -w' -o /server ./cmd/server

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /src/LICENSE /LICENSE
COPY --from=build /server /server
USER 65532:65532
EXPOSE 8080
ENTRYPOINT ["/server"]
