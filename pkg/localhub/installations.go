package localhub

import (
	"cmp"
	"net/http"
	"slices"
	"strings"
)

// listInstallations lists an App's, oldest first.
func (h *Hub) listInstallations(c *call) answer {
	n := h.indexOf(c.payer.app)
	all, known := []map[string]any{}, map[int64]bool{}
	for _, r := range h.sorted() {
		if id := r.installations[n]; !known[id] {
			known[id] = true
			all = append(all, h.describeInstallation(c.payer.app, r))
		}
	}
	first, last, links := page(c.URL.Query(), len(all), h.config.URL+c.URL.Path)
	return answer{status: http.StatusOK, header: links, body: all[first:last]}
}

// findInstallation answers which installation covers a repository.
func (h *Hub) findInstallation(c *call) answer {
	repository := h.repositoryOf(c)
	if repository == nil {
		return notFound()
	}
	return answer{status: http.StatusOK, body: h.describeInstallation(c.payer.app, repository)}
}

// findOrganizationInstallation answers which installation an organisation has.
func (h *Hub) findOrganizationInstallation(c *call) answer {
	of := h.anyOf(c.PathValue("org"))
	if of == nil {
		return notFound()
	}
	return answer{status: http.StatusOK, body: h.describeInstallation(c.payer.app, of)}
}

// anyOf is an owner's first repository, or nil.
func (h *Hub) anyOf(owner string) *repository {
	all := h.sorted()
	i := slices.IndexFunc(all, func(r *repository) bool { return strings.EqualFold(r.owner, owner) })
	if i < 0 {
		return nil
	}
	return all[i]
}

func (h *Hub) describeInstallation(app int64, r *repository) map[string]any {
	return map[string]any{
		"id": r.installations[h.indexOf(app)], "app_id": app, "target_type": "Organization", "target_id": r.ownerID,
		"account":     h.account(r.owner, r.ownerID, "Organization"),
		"permissions": granted, "repository_selection": "selected", "events": []string{"workflow_job"}, "suspended_at": nil,
	}
}

// listRepositories lists those that a token reaches.
func (h *Hub) listRepositories(c *call) answer {
	all := []map[string]any{}
	for _, r := range h.sorted() {
		if slices.Contains(c.token.repositories, r) {
			all = append(all, h.describe(r))
		}
	}
	first, last, links := page(c.URL.Query(), len(all), h.config.URL+c.URL.Path)
	return answer{status: http.StatusOK, header: links, body: map[string]any{
		"total_count": len(all), "repository_selection": "selected", "repositories": all[first:last],
	}}
}

// sorted are all repositories, oldest first.
func (h *Hub) sorted() []*repository {
	all := make([]*repository, 0, len(h.repositories))
	for _, r := range h.repositories {
		all = append(all, r)
	}
	slices.SortFunc(all, func(a, b *repository) int { return cmp.Compare(a.id, b.id) })
	return all
}
