package localhub

import (
	"encoding/base64"
	"fmt"
	"maps"
	"strings"
	"time"
)

// repository is one that the Apps are installed on. It is no fork; it is private and cannot be forked,
// unless it is shared.
type repository struct {
	public, forkable bool

	id            int64
	owner, name   string
	ownerID       int64
	installations []int64 // one of each App
	created       time.Time
}

func (r *repository) fullName() string { return r.owner + "/" + r.name }

// Install installs every App on a repository, "owner/name", and is the installation of the first. Repositories of one owner share an
// installation, as on GitHub; the same repository again changes nothing.
func (h *Hub) Install(fullName string) (installation int64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	key := strings.ToLower(fullName)
	if known := h.repositories[key]; known != nil {
		return known.installations[0]
	}
	r := &repository{id: h.newID(), created: time.Now()}
	r.owner, r.name, _ = strings.Cut(fullName, "/")
	for _, other := range h.repositories {
		if strings.EqualFold(other.owner, r.owner) {
			r.ownerID, r.installations = other.ownerID, other.installations
		}
	}
	if r.installations == nil {
		r.ownerID = h.newID()
		for range h.config.Apps {
			r.installations = append(r.installations, h.newID())
		}
	}
	h.repositories[key] = r
	return r.installations[0]
}

// Share lets others fork a repository that is installed: members of its owner, or if it is public anybody.
func (h *Hub) Share(fullName string, public bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	r := h.repositories[strings.ToLower(fullName)]
	r.forkable, r.public = true, public
}

// RepositoryID is GitHub's id of an installed repository, or 0.
func (h *Hub) RepositoryID(fullName string) int64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	if r := h.repositories[strings.ToLower(fullName)]; r != nil {
		return r.id
	}
	return 0
}

// covered lists the repositories of an App's installation.
func (h *Hub) covered(app, installation int64) []*repository {
	var covered []*repository
	for _, r := range h.repositories {
		if r.installations[h.indexOf(app)] == installation {
			covered = append(covered, r)
		}
	}
	return covered
}

// repositoryOf is the repository that a call's path names, or nil.
func (h *Hub) repositoryOf(c *call) *repository {
	return h.repositories[strings.ToLower(c.PathValue("owner")+"/"+c.PathValue("repo"))]
}

// describe is the repository as webhooks hold it.
func (h *Hub) describe(r *repository) map[string]any {
	api, html := h.apiURL(r), h.config.URL+"/"+r.fullName()
	_, host, _ := strings.Cut(html, "://")
	created := r.created.UTC().Truncate(time.Second)
	all := map[string]any{
		"id": r.id, "node_id": nodeID("R", r.id), "name": r.name, "full_name": r.fullName(),
		"private": !r.public, "visibility": visibility(r.public), "allow_forking": r.forkable, "fork": false, "default_branch": branch,
		"owner": h.account(r.owner, r.ownerID, "Organization"),
		"url":   api, "html_url": html, "clone_url": html + ".git", "svn_url": html,
		"git_url": "git://" + host + ".git", "ssh_url": "git@" + host + ".git",
		"created_at": created, "updated_at": created, "pushed_at": created,
		"description": nil, "homepage": nil, "language": nil, "license": nil, "mirror_url": nil,
		"topics": []string{}, "custom_properties": map[string]any{},
	}
	for _, key := range strings.Fields("archived disabled has_discussions has_downloads has_issues " +
		"has_pages has_projects has_wiki is_template web_commit_signoff_required") {
		all[key] = false
	}
	for _, key := range strings.Fields("forks forks_count open_issues open_issues_count size stargazers_count watchers watchers_count") {
		all[key] = 0
	}
	maps.Copy(all, urls(api, repositoryURLs))
	return all
}

func visibility(public bool) string {
	if public {
		return "public"
	}
	return "private"
}

// account is an owner or a sender as webhooks hold it.
func (h *Hub) account(login string, id int64, kind string) map[string]any {
	api := h.config.URL + "/users/" + login
	all := map[string]any{
		"login": login, "id": id, "node_id": nodeID("U", id), "type": kind, "site_admin": false, "gravatar_id": "",
		"url": api, "html_url": h.config.URL + "/" + login, "avatar_url": fmt.Sprintf("%s/avatars/u/%d?v=4", h.config.URL, id),
	}
	maps.Copy(all, urls(api, accountURLs))
	return all
}

func (h *Hub) apiURL(r *repository) string { return h.config.URL + "/repos/" + r.fullName() }

// The URLs below a repository and an account: "key=path" where the key does not tell the path.
const (
	repositoryURLs = "archive=/{archive_format}{/ref} assignees=/assignees{/user} blobs=/git/blobs{/sha} branches=/branches{/branch} " +
		"collaborators=/collaborators{/collaborator} comments=/comments{/number} commits=/commits{/sha} compare=/compare/{base}...{head} " +
		"contents=/contents/{+path} contributors deployments downloads events forks git_commits=/git/commits{/sha} git_refs=/git/refs{/sha} " +
		"git_tags=/git/tags{/sha} hooks issue_comment=/issues/comments{/number} issue_events=/issues/events{/number} issues=/issues{/number} " +
		"keys=/keys{/key_id} labels=/labels{/name} languages merges milestones=/milestones{/number} " +
		"notifications=/notifications{?since,all,participating} pulls=/pulls{/number} releases=/releases{/id} stargazers " +
		"statuses=/statuses/{sha} subscribers subscription tags teams trees=/git/trees{/sha}"
	accountURLs = "events=/events{/privacy} followers following=/following{/other_user} gists=/gists{/gist_id} " +
		"organizations=/orgs received_events repos starred=/starred{/owner}{/repo} subscriptions"
)

func urls(base, list string) map[string]any {
	all := map[string]any{}
	for _, entry := range strings.Fields(list) {
		key, path, given := strings.Cut(entry, "=")
		if !given {
			path = "/" + key
		}
		all[key+"_url"] = base + path
	}
	return all
}

// nodeID is GitHub's other id of a thing, opaque to everyone.
func nodeID(kind string, id int64) string {
	return kind + "_" + base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, "%d", id))
}
