package localhub

import (
	"net/http"
	"slices"
	"strings"
)

// group is a runner group. It takes no jobs of public repositories, as GitHub's do until somebody
// allows that.
type group struct {
	id           int64
	owner, name  string
	repositories []string // whose jobs it takes, lower-case full names; nil is all of the owner
}

// The runner group that every repository and every organisation has.
const (
	defaultGroup     = 1
	defaultGroupName = "Default"
)

var everybodys = group{id: defaultGroup, name: defaultGroupName}

func (g *group) takes(of *repository) bool {
	return !of.public && (g.repositories == nil || slices.Contains(g.repositories, strings.ToLower(of.fullName())))
}

// Group makes a runner group of an organisation, or changes it: it takes the jobs of these
// repositories, "owner/name", or if there are none of all.
func (h *Hub) Group(owner, name string, repositories ...string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	g := h.groupNamed(owner, name)
	if g == nil {
		g = &group{id: h.newID(), owner: owner, name: name}
		h.groups = append(h.groups, g)
	}
	g.repositories = nil
	for _, full := range repositories {
		g.repositories = append(g.repositories, strings.ToLower(full))
	}
	h.assign()
	h.change()
}

// Ungroup deletes a runner group. Its runners go on, in none that anybody can name.
func (h *Hub) Ungroup(owner, name string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	gone := h.groupNamed(owner, name)
	h.groups = slices.DeleteFunc(h.groups, func(g *group) bool { return g == gone })
}

func (h *Hub) groupNamed(owner, name string) *group {
	for _, g := range h.groups {
		if strings.EqualFold(g.owner, owner) && g.name == name {
			return g
		}
	}
	return nil
}

// groupOf is a group that runners of a place may be in, by its id, or nil.
func (h *Hub) groupOf(place string, id int64) *group {
	if id == defaultGroup {
		return &everybodys
	}
	for _, g := range h.groups {
		if g.id == id && strings.EqualFold(g.owner, place) {
			return g
		}
	}
	return nil
}

// listGroups lists an organisation's, or those of them that take the jobs of a repository.
func (h *Hub) listGroups(c *call) answer {
	query := c.URL.Query()
	name := query.Get("visible_to_repository")
	visibleTo := h.repositories[c.place+"/"+strings.ToLower(name)]
	all := []map[string]any{}
	for _, g := range append([]*group{&everybodys}, h.groups...) {
		if g != &everybodys && !strings.EqualFold(g.owner, c.place) || name != "" && (visibleTo == nil || !g.takes(visibleTo)) {
			continue
		}
		visibility := "all"
		if g.repositories != nil {
			visibility = "selected"
		}
		all = append(all, map[string]any{
			"id": g.id, "name": g.name, "visibility": visibility, "default": g == &everybodys, "inherited": false,
			"allows_public_repositories": false, "restricted_to_workflows": false, "selected_workflows": []string{},
		})
	}
	first, last, links := page(query, len(all), h.config.URL+c.URL.Path)
	return answer{status: http.StatusOK, header: links, body: map[string]any{"total_count": len(all), "runner_groups": all[first:last]}}
}
