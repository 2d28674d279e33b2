package outbound

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
)

// trusted is the system's certificates and those of a file; nil is the system's alone.
func trusted(file string) (*x509.CertPool, error) {
	if file == "" {
		return nil, nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("CA bundle: %w: give a file of certificates, PEM, that the server may read", err)
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool() // there are none: an image may hold the bundle alone
	}
	count := 0
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		count, text = count+1, rest
		if block.Type != "CERTIFICATE" {
			return nil, fmt.Errorf("CA bundle %s: block %d is a %s: leave only the blocks of type CERTIFICATE", file, count, block.Type)
		}
		certificate, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("CA bundle %s: block %d is no certificate: %w: export it again, as PEM", file, count, err)
		}
		pool.AddCert(certificate)
	}
	// What is left may be remarks, but not the beginning of a block that was cut off.
	if count == 0 || bytes.Contains(text, []byte("-----BEGIN")) {
		return nil, fmt.Errorf("CA bundle %s: after %d certificates comes no whole one: each is a block from -----BEGIN CERTIFICATE----- to -----END CERTIFICATE-----", file, count)
	}
	return pool, nil
}
