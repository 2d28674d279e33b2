// Package localnet is a network in a process: listeners and dialers that meet by name, over
// net.Pipe. No socket is opened, so the fake clock of a testing/synctest bubble runs on while its
// parties wait for each other.
package localnet

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"sync"
)

// Network is where listeners are found by their address. The zero value is an empty network.
type Network struct {
	mu        sync.Mutex
	listeners map[string]*listener
}

// Listen opens an address, "host:port". An address that is taken is an error.
func (n *Network) Listen(address string) (net.Listener, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if _, taken := n.listeners[address]; taken {
		return nil, fmt.Errorf("localnet: %s is taken", address)
	}
	if n.listeners == nil {
		n.listeners = map[string]*listener{}
	}
	l := &listener{network: n, address: address, accept: make(chan net.Conn), closed: make(chan struct{})}
	n.listeners[address] = l
	return l, nil
}

// Dial connects to an address that somebody listens on. Its form is that of
// [net.Dialer.DialContext]; the first argument, the kind of network, is not looked at.
func (n *Network) Dial(ctx context.Context, _, address string) (net.Conn, error) {
	n.mu.Lock()
	l, found := n.listeners[address]
	n.mu.Unlock()
	refused := &net.OpError{Op: "dial", Net: "localnet", Err: fmt.Errorf("%s: connection refused", address)}
	if !found {
		return nil, refused
	}
	ours, theirs := net.Pipe()
	select {
	case l.accept <- theirs:
		return ours, nil
	case <-l.closed:
		return nil, refused
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Transport is an HTTP transport over the network. Its idle connections are the caller's to close.
func (n *Network) Transport() *http.Transport {
	return &http.Transport{DialContext: n.Dial}
}

type listener struct {
	network *Network
	address string
	accept  chan net.Conn
	closed  chan struct{}
	once    sync.Once
}

func (l *listener) Accept() (net.Conn, error) {
	select {
	case conn := <-l.accept:
		return conn, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *listener) Close() error {
	l.once.Do(func() {
		close(l.closed)
		l.network.mu.Lock()
		defer l.network.mu.Unlock()
		delete(l.network.listeners, l.address)
	})
	return nil
}

func (l *listener) Addr() net.Addr { return address(l.address) }

type address string

func (address) Network() string  { return "localnet" }
func (a address) String() string { return string(a) }
