# Mayfly's server, and nothing else: no shell, no package manager, no agent. For one architecture, or both:
#
#   docker build .
#   docker buildx build --platform linux/amd64,linux/arm64 .
#
# GO_IMAGE may be a mirror's. GO_PLATFORM is that of whatever builds: Go compiles there for either architecture.
ARG GO_IMAGE=golang:1.26.8-bookworm
ARG GO_PLATFORM=linux/amd64

# Not $BUILDPLATFORM, which the builder of a Docker without buildx does not know.
FROM --platform=${GO_PLATFORM} ${GO_IMAGE} AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
# With a default, buildx would take that instead of the platform that is asked for. Empty is the builder's own.
ARG TARGETARCH
RUN CGO_ENABLED=0 GOOS=linux GOARCH=${TARGETARCH} go build -trimpath -ldflags='-s -w' -o /server ./cmd/server

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /src/LICENSE /LICENSE
COPY --from=build /server /server
USER 65532:65532
EXPOSE 8080
ENTRYPOINT ["/server"]
