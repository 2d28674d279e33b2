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

// App is the hub's one GitHub App.
type App struct {
	ID  int64
	Key secret.Text // RSA private key, PEM
}

const appID = 271828

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
var granted = permissions{"actions": write, "administration": write, "metadata": read}

// App is the App that [Hub.Install] installs.
func (h *Hub) App() App {
	block := pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(appKey())}
	return App{ID: appID, Key: secret.New(string(pem.EncodeToMemory(&block)))}
}

// asApp lets in whoever signs as the App.
func (h *Hub) asApp(c *call) *answer {
	var claims jwt.RegisteredClaims
	_, err := jwt.ParseWithClaims(c.bearer(), &claims,
		func(*jwt.Token) (any, error) { return appKey().Public(), nil },
		jwt.WithValidMethods([]string{"RS256"}),
		jwt.WithIssuer(strconv.FormatInt(appID, 10)),
		jwt.WithExpirationRequired(), jwt.WithIssuedAt(), jwt.WithTimeFunc(func() time.Time { return c.now }))
	if err != nil {
		return refuse(http.StatusUnauthorized, "A JSON web token could not be decoded")
	}
	if claims.IssuedAt == nil {
		return refuse(http.StatusUnauthorized, "Missing 'issued at' claim ('iat') in assertion")
	}
	if claims.ExpiresAt.After(c.now.Add(appMaxLife)) {
		return refuse(http.StatusUnauthorized, "'Expiration time' claim ('exp') is too far in the future")
	}
	c.payer = payer{app: appID}
	return nil
}

// findInstallation answers which installation covers a repository.
func (h *Hub) findInstallation(c *call) answer {
	repository := h.repositoryOf(c)
	if repository == nil {
		return notFound()
	}
	return answer{status: http.StatusOK, body: map[string]any{
		"id": repository.installation, "app_id": appID, "target_type": "Organization",
		"account":     h.account(repository.owner, repository.ownerID, "Organization"),
		"permissions": granted, "repository_selection": "selected", "events": []string{"workflow_job"},
	}}
}
