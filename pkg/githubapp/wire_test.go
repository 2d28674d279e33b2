package githubapp_test

import (
	"context"
	"encoding/pem"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/githubapp"
	"github.com/mayfly-ci/mayfly/pkg/localhub"
	"github.com/mayfly-ci/mayfly/pkg/outbound"
	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// An Enterprise Server whose certificate only its own company trusts, as its operators would set it up.
func TestAnEnterpriseServerIsReachedWithItsOwnCertificate(t *testing.T) {
	hub := localhub.New(localhub.Config{URL: "https://ghe.example"})
	defer hub.Close()
	site := httptest.NewUnstartedServer(hub)
	site.Config.ErrorLog = log.New(io.Discard, "", 0)
	site.StartTLS()
	defer site.Close()
	file := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: site.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	class := runner.Class{
		Installation: hub.Install(sample), Labels: []string{"mayfly"}, Scope: runner.Repository{ID: hub.RepositoryID(sample), FullName: sample},
	}
	for caBundle, works := range map[string]bool{file: true, "": false} {
		wire, err := outbound.New(outbound.Config{CABundle: caBundle})
		if err != nil {
			t.Fatal(err)
		}
		client, err := githubapp.New(githubapp.Config{BaseURL: site.URL + "/api/v3", Client: wire, Apps: []githubapp.App{githubapp.App(hub.App())}})
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := client.JITConfig(t.Context(), hub.App().ID, class, "mf-1"); (err == nil) != works {
			t.Errorf("with CA bundle %q: got error %v, want one: %t", caBundle, err, !works)
		}
		wire.CloseIdleConnections()
	}
}

func TestARedirectIsAnErrorThatNamesItsHostAlone(t *testing.T) {
	for _, status := range []int{http.StatusMovedPermanently, http.StatusFound, http.StatusTemporaryRedirect} {
		inWorld(t, func(w *world) {
			w.answer(status, http.Header{"Location": {"https://elsewhere.example/path?token=" + canary}}, "")
			_, err := w.client.Runners(w.t.Context(), w.app, w.scope)
			if err == nil || !strings.Contains(err.Error(), "GitHub redirects to elsewhere.example,") {
				t.Errorf("%d: got %v, want an error that names the host", status, err)
			}
			if err != nil && (strings.Contains(err.Error(), canary) || strings.Contains(err.Error(), "/path")) {
				t.Errorf("%d: the error tells more than the host: %v", status, err)
			}
		})
	}
}

func TestACallThatHangsEndsAfterTenSeconds(t *testing.T) {
	inWorld(t, func(w *world) {
		w.jit(w.class, "mf-1")
		w.front = func(_ http.ResponseWriter, r *http.Request, _ []byte) bool {
			<-r.Context().Done()
			return true
		}
		began := time.Now()
		_, err := w.client.Runners(w.t.Context(), w.app, w.scope)
		if took := time.Since(began); !errors.Is(err, context.DeadlineExceeded) || took != 10*time.Second {
			t.Errorf("got %v after %v, want its deadline after 10s", err, took)
		}
	})
}
