package localnet_test

import (
	"io"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/localnet"
)

func TestAServerIsFoundByNameAndFakeTimeRunsOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var network localnet.Network
		listener, err := network.Listen("hub:80")
		if err != nil {
			t.Fatal(err)
		}
		server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			time.Sleep(time.Hour)
			_, _ = io.WriteString(w, "late")
		})}
		go func() { _ = server.Serve(listener) }()
		transport := network.Transport()
		defer transport.CloseIdleConnections()
		defer server.Close()

		began := time.Now()
		response, err := (&http.Client{Transport: transport}).Get("http://hub/")
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		body, _ := io.ReadAll(response.Body)
		if got, want := string(body), "late"; got != want {
			t.Errorf("body: got %q, want %q", got, want)
		}
		if got, want := time.Since(began), time.Hour; got != want {
			t.Errorf("took %v of fake time, want %v", got, want)
		}
	})
}

func TestNobodyListens(t *testing.T) {
	var network localnet.Network
	if _, err := network.Dial(t.Context(), "tcp", "hub:80"); err == nil {
		t.Error("dialled an address that nobody listens on")
	}
	listener, err := network.Listen("hub:80")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := network.Listen("hub:80"); err == nil {
		t.Error("opened an address that was taken")
	}
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := network.Dial(t.Context(), "tcp", "hub:80"); err == nil {
		t.Error("dialled a listener that was closed")
	}
	if _, err := network.Listen("hub:80"); err != nil {
		t.Errorf("a closed address cannot be opened again: %v", err)
	}
}
