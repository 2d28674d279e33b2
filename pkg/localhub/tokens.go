package localhub

import (
	"crypto/rand"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// tokenLife is how long an installation token is good.
// Source: docs.github.com, "Generating an installation access token for a GitHub App".
const tokenLife = time.Hour

// permissions is a level by kind: "administration": "write".
type permissions map[string]string

// The levels of a permission.
const (
	read  = "read"
	write = "write"
)

// allows says whether a level of a kind is within the permissions.
func (p permissions) allows(kind, level string) bool {
	return p[kind] == write || p[kind] == level && level != ""
}

// token is an installation token: what it may do, where, and until when.
type token struct {
	app          int64
	installation int64
	repositories []*repository
	permissions  permissions
	expires      time.Time
}

// tokenRequest narrows a token. What is left out is not narrowed.
type tokenRequest struct {
	Repositories  []string    `json:"repositories"` // names with no owner
	RepositoryIDs []int64     `json:"repository_ids"`
	Permissions   permissions `json:"permissions"`
}

func (h *Hub) createToken(c *call) answer {
	installation, _ := strconv.ParseInt(c.PathValue("installation"), 10, 64)
	covered := h.covered(c.payer.app, installation)
	if len(covered) == 0 {
		return notFound()
	}
	var request tokenRequest
	if len(c.body) > 0 && json.Unmarshal(c.body, &request) != nil {
		return *refuse(http.StatusBadRequest, "Problems parsing JSON")
	}
	t := &token{app: c.payer.app, installation: installation, permissions: granted, expires: c.now.Add(tokenLife).UTC().Truncate(time.Second)}
	for kind, level := range request.Permissions {
		if !granted.allows(kind, level) {
			return *refuse(http.StatusUnprocessableEntity, "The permissions requested are not granted to this installation.")
		}
		t.permissions = request.Permissions
	}
	var all bool
	if t.repositories, all = request.narrow(covered); !all {
		return *refuse(http.StatusUnprocessableEntity, "There is at least one repository that does not exist or is not accessible to the parent installation.")
	}
	text := "ghs_" + rand.Text() + rand.Text()[:10]
	h.tokens[text] = t
	return answer{status: http.StatusCreated, body: map[string]any{
		"token": text, "expires_at": t.expires, "permissions": t.permissions, "repository_selection": "selected",
	}}
}

// narrow picks the repositories that are asked for, and says whether all of them are there.
func (q tokenRequest) narrow(covered []*repository) (picked []*repository, all bool) {
	wanted := len(q.Repositories) + len(q.RepositoryIDs)
	if wanted == 0 {
		return covered, true
	}
	for _, r := range covered {
		if slices.Contains(q.RepositoryIDs, r.id) || slices.Contains(q.Repositories, r.name) {
			picked = append(picked, r)
		}
	}
	return picked, len(picked) == wanted
}

// withInstallation lets in whoever holds an installation token for the permission.
func (h *Hub) withInstallation(kind, level string) authorise {
	return func(c *call) *answer {
		if refused := h.holds(c); refused != nil {
			return refused
		}
		return c.may(kind, level)
	}
}

// withToken lets in whoever holds an installation token for the repository and the permission.
func (h *Hub) withToken(kind, level string) authorise {
	return func(c *call) *answer {
		if refused := h.holds(c); refused != nil {
			return refused
		}
		c.repository = h.repositoryOf(c)
		if c.repository == nil || !slices.Contains(c.token.repositories, c.repository) {
			return refuse(http.StatusNotFound, "Not Found")
		}
		c.place = strings.ToLower(c.repository.fullName())
		return c.may(kind, level)
	}
}

// withOrganization lets in whoever holds a token of the organisation's installation that may do
// something with its runners. Which repositories the token reaches does not matter.
func (h *Hub) withOrganization(level string) authorise {
	return func(c *call) *answer {
		if refused := h.holds(c); refused != nil {
			return refused
		}
		c.place = strings.ToLower(c.PathValue("org"))
		of := h.anyOf(c.place)
		if of == nil || of.installations[h.indexOf(c.token.app)] != c.token.installation {
			return refuse(http.StatusNotFound, "Not Found")
		}
		return c.may("organization_self_hosted_runners", level)
	}
}

// holds sees whose token a call shows.
func (h *Hub) holds(c *call) *answer {
	t := h.tokens[c.bearer()]
	if t == nil || !c.now.Before(t.expires) {
		return refuse(http.StatusUnauthorized, "Bad credentials")
	}
	c.token, c.payer = t, payer{app: t.app, installation: t.installation}
	return nil
}

// may says no to what the token does not permit.
func (c *call) may(kind, level string) *answer {
	if !c.token.permissions.allows(kind, level) {
		return refuse(http.StatusForbidden, "Resource not accessible by integration")
	}
	return nil
}

func (c *call) bearer() string {
	scheme, text, _ := strings.Cut(c.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "bearer") && !strings.EqualFold(scheme, "token") {
		return ""
	}
	return text
}
