package outbound_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/outbound"
)

// certified is a key and a certificate for names, signed by itself.
func certified(t *testing.T, names ...string) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: names, NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
	}
	certificate, err := x509.CreateCertificate(rand.Reader, &template, &template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{certificate}, PrivateKey: key}
}

func write(t *testing.T, text string) (file string) {
	t.Helper()
	file = filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func bundle(certificate tls.Certificate) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate.Certificate[0]}))
}

// get asks a server that speaks TLS up to a version, whatever its name, through a client of ours.
func get(t *testing.T, address, caBundle string, certificate tls.Certificate, version uint16) (*http.Response, error) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0") // a pipe holds nothing: a refused handshake would stall both sides
	if err != nil {
		t.Fatal(err)
	}
	site := &http.Server{
		TLSConfig: &tls.Config{Certificates: []tls.Certificate{certificate}, MaxVersion: version},
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "https://elsewhere.example", http.StatusFound)
		}),
		ErrorLog: log.New(io.Discard, "", 0),
	}
	go func() { _ = site.ServeTLS(listener, "", "") }()
	t.Cleanup(func() { _ = site.Close() })
	client, err := outbound.New(outbound.Config{CABundle: caBundle})
	if err != nil {
		t.Fatal(err)
	}
	client.Transport.(*http.Transport).DialContext = func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, listener.Addr().String())
	}
	t.Cleanup(client.CloseIdleConnections)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	response, err := client.Do(request)
	if err == nil {
		_ = response.Body.Close()
	}
	return response, err
}

func TestWhichTLSIsSpoken(t *testing.T) {
	certificate := certified(t, "api.github.com", "api.acme.ghe.com", "ghe.example.com", "notgithub.com")
	file := write(t, bundle(certificate))
	for _, test := range []struct {
		address string
		version uint16
		refused string
	}{
		{"https://api.github.com", tls.VersionTLS13, ""},
		{"https://api.github.com", tls.VersionTLS12, "api.github.com speaks TLS 1.2"},
		{"https://api.acme.ghe.com", tls.VersionTLS12, "api.acme.ghe.com speaks TLS 1.2"},
		{"https://ghe.example.com", tls.VersionTLS12, ""},
		{"https://ghe.example.com", tls.VersionTLS11, "protocol version"},
		{"https://notgithub.com", tls.VersionTLS12, ""},
	} {
		_, err := get(t, test.address, file, certificate, test.version)
		if test.refused == "" && err != nil || test.refused != "" && (err == nil || !strings.Contains(err.Error(), test.refused)) {
			t.Errorf("%s with %s: got error %v, want %q", test.address, tls.VersionName(test.version), err, test.refused)
		}
	}
}

func TestOnlyWhatTheBundleHoldsIsTrusted(t *testing.T) {
	certificate, other := certified(t, "ghe.example.com"), certified(t, "ghe.example.com")
	if _, err := get(t, "https://ghe.example.com", "", certificate, tls.VersionTLS13); err == nil {
		t.Error("without a bundle: got no error")
	}
	if _, err := get(t, "https://ghe.example.com", write(t, bundle(other)), certificate, tls.VersionTLS13); err == nil {
		t.Error("another's certificate: got no error")
	}
	both := "A remark.\n" + bundle(other) + "Another.\n" + bundle(certificate) + "\n"
	if _, err := get(t, "https://ghe.example.com", write(t, both), certificate, tls.VersionTLS13); err != nil {
		t.Errorf("with a bundle of two: %v", err)
	}
}

func TestABadBundleNamesItsFileAndTheFix(t *testing.T) {
	good := bundle(certified(t, "ghe.example.com"))
	for text, want := range map[string]string{
		"":               "after 0 certificates comes no whole one",
		"not PEM":        "after 0 certificates comes no whole one",
		good[:60]:        "after 0 certificates comes no whole one",
		good + good[:60]: "after 1 certificates comes no whole one",
		good + strings.ReplaceAll(good, "CERTIFICATE", "EC PRIVATE KEY"): "block 2 is a EC PRIVATE KEY",
		"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n": "block 1 is no certificate",
	} {
		file := write(t, text)
		_, err := outbound.New(outbound.Config{CABundle: file})
		if err == nil || !strings.Contains(err.Error(), "CA bundle "+file+": "+want) {
			t.Errorf("%.40q: got %v, want an error with the file and %q", text, err, want)
		}
	}
	if _, err := outbound.New(outbound.Config{CABundle: "/no/such/file"}); err == nil || !strings.Contains(err.Error(), "/no/such/file") {
		t.Errorf("no file: got %v, want an error that names it", err)
	}
}

func TestNoRedirectIsFollowed(t *testing.T) {
	certificate := certified(t, "ghe.example.com")
	response, err := get(t, "https://ghe.example.com", write(t, bundle(certificate)), certificate, tls.VersionTLS13)
	if err != nil || response.StatusCode != http.StatusFound {
		t.Errorf("got %v and error %v, want the redirect itself", response, err)
	}
}
