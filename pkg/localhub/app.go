package localhub

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/mayfly-ci/mayfly/pkg/secret"
)

// App is a GitHub App.
type App struct {
	ID  int64
	Key secret.Text // RSA private key, PEM
}

// firstApp is the id of the first App; others follow.
const firstApp = 271828

// appMaxLife is how far ahead an App's JWT may expire.
// Source: docs.github.com, "Generating a JSON Web Token (JWT) for a GitHub App".
const appMaxLife = 10 * time.Minute

// appKey is made once a process: it takes longer than everything else that a test does.
var appKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err) // 2048 is a legal size, and the source of randomness does not fail
	}
	return key
})

// granted is what the owner of every installation allowed the App.
var granted = permissions{"actions": write, "administration": write, "metadata": read, "organization_self_hosted_runners": write}

// App is the first App, whose webhooks are sent.
func (h *Hub) App() App { return h.Apps()[0] }

// Apps are all Apps, of which [Hub.Install] installs every one. They share a key, for making one takes
// long, and nothing else.
func (h *Hub) Apps() []App {
	block := pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(appKey())}
	key := secret.New(string(pem.EncodeToMemory(&block)))
	apps := make([]App, h.config.Apps)
	for i := range apps {
		apps[i] = App{ID: firstApp + int64(i), Key: key}
	}
	return apps
}

// indexOf is which of the Apps an id is, or -1.
func (h *Hub) indexOf(app int64) int {
	if i := int(app - firstApp); i >= 0 && i < h.config.Apps {
		return i
	}
	return -1
}

// asApp lets in whoever signs as an App.
func (h *Hub) asApp(c *call) *answer {
	var claims jwt.RegisteredClaims
	_, err := jwt.ParseWithClaims(c.bearer(), &claims,
		func(*jwt.Token) (any, error) { return appKey().Public(), nil },
		jwt.WithValidMethods([]string{"RS256"}),
		jwt.WithExpirationRequired(), jwt.WithIssuedAt(), jwt.WithTimeFunc(func() time.Time { return c.now }))
	app, issuerErr := strconv.ParseInt(claims.Issuer, 10, 64)
	if err != nil || issuerErr != nil || h.indexOf(app) < 0 {
		return refuse(http.StatusUnauthorized, "A JSON web token could not be decoded")
	}
	if claims.IssuedAt == nil {
		return refuse(http.StatusUnauthorized, "Missing 'issued at' claim ('iat') in assertion")
	}
	if claims.ExpiresAt.After(c.now.Add(appMaxLife)) {
		return refuse(http.StatusUnauthorized, "'Expiration time' claim ('exp') is too far in the future")
	}
	c.payer = payer{app: app}
	return nil
}
