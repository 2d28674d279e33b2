package docker

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// Socket is where Docker looks for the plugin of this name.
// Source: docs.docker.com, "Docker Plugin API", plugin discovery.
const Socket = "/run/docker/plugins/" + name + ".sock"

const name = "mayfly"

// Serve answers on a Unix socket that nobody but this process's user can reach, until the server is
// closed. It is there when Serve returns: Docker may be started then.
func Serve(ctx context.Context, path string, plugin http.Handler) (*http.Server, error) {
	listener, err := listen(ctx, path)
	if err != nil {
		return nil, fmt.Errorf("docker plugin: %w", err)
	}
	server := &http.Server{
		Handler: plugin, ReadTimeout: 10 * time.Second, WriteTimeout: 10 * time.Second,
		IdleTimeout: time.Hour, // Docker keeps its connection, and has to try again if it is closed
	}
	go func() { _ = server.Serve(listener) }()
	return server, nil
}

func listen(ctx context.Context, path string) (net.Listener, error) {
	directory := filepath.Dir(path)
	if err := os.MkdirAll(directory, 0o700); err != nil {
		return nil, err
	}
	if err := checkOwn(directory); err != nil {
		return nil, err
	}
	if err := removeStale(path); err != nil {
		return nil, err
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "unix", path)
	if err != nil {
		return nil, err
	}
	if err := os.Chmod(path, 0o600); err != nil {
		_ = listener.Close()
		return nil, err
	}
	return listener, nil
}

// checkOwn checks that nobody else can put a plugin of their own in our place.
func checkOwn(directory string) error {
	info, err := os.Lstat(directory)
	if err != nil {
		return err
	}
	status, is := info.Sys().(*syscall.Stat_t)
	if !is || !info.IsDir() || int(status.Uid) != os.Getuid() || info.Mode().Perm()&0o022 != 0 {
		return fmt.Errorf("%s: it has to be a directory of user %d that nobody else may write to: its mode is %v", directory, os.Getuid(), info.Mode())
	}
	return nil
}

// removeStale removes the socket of a plugin that is no more.
func removeStale(path string) error {
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if info.Mode().Type() != fs.ModeSocket {
		return fmt.Errorf("%s: it is no socket: remove it", path)
	}
	return os.Remove(path)
}
