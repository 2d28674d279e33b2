package githubapp

import (
	"bytes"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/mayfly-ci/mayfly/pkg/secret"
)

// App is a GitHub App.
type App struct {
	ID  int64
	Key secret.Text // RSA private key, PEM
}

// app is an App with its key read.
type app struct {
	id  int64
	key *rsa.PrivateKey
}

// listed is an App as a secret holds it.
type listed struct {
	ID  json.Number `json:"id"` // also in quotes, as some tools write every value
	Key string      `json:"key"`
}

// ParseApps reads the Apps that a secret holds: [{"id": 12345, "key": "-----BEGIN RSA PRIVATE KEY-----\n…"}].
// An empty text or list is none: nobody has set one up yet. The error names every field that is wrong,
// and holds none of the text.
func ParseApps(text secret.Text) ([]App, error) {
	plain := bytes.TrimSpace(text.Bytes())
	if len(plain) == 0 {
		return nil, nil
	}
	decoder := json.NewDecoder(bytes.NewReader(plain))
	decoder.DisallowUnknownFields()
	var all []listed
	err := decoder.Decode(&all)
	if _, rest := decoder.Token(); err != nil || rest != io.EOF { // not told: it might hold some of a key
		return nil, fmt.Errorf(`apps: the text is not what it has to be, near byte %d: give [{"id": 12345, "key": "the .pem file, with \n for its line ends"}]`, decoder.InputOffset())
	}
	apps, problems := make([]App, len(all)), make([]error, len(all))
	for i, one := range all {
		apps[i] = App{Key: secret.New(one.Key)}
		if apps[i].ID, err = strconv.ParseInt(one.ID.String(), 10, 64); err != nil {
			problems[i] = fmt.Errorf("apps[%d].id: it is no whole number: give the App ID of the App's settings page", i)
		}
	}
	_, err = readApps(apps, nil)
	return apps, errors.Join(errors.Join(problems...), err)
}

// ParseApp reads the one App that two values give: its id and its private key. Both empty is none. A
// key whose line ends were written as \n, as fits into one line of an environment, is read too.
func ParseApp(id string, key secret.Text) ([]App, error) {
	id = strings.TrimSpace(id)
	if id == "" && key.Empty() {
		return nil, nil
	}
	number, err := strconv.ParseInt(id, 10, 64)
	if err != nil {
		err = fmt.Errorf("apps[0].id: it is %q: give the App ID of the App's settings page, a whole number", id)
	}
	if plain := key.Reveal(); !strings.Contains(plain, "\n") {
		key = secret.New(strings.ReplaceAll(plain, `\n`, "\n"))
	}
	apps := []App{{ID: number, Key: key}}
	_, wrong := readApps(apps, nil)
	return apps, errors.Join(err, wrong)
}

// readApps reads the keys, and reports all that is wrong at once.
func readApps(apps []App, mask *secret.Masker) ([]app, error) {
	read, problems := make([]app, len(apps)), []error(nil)
	for i, a := range apps {
		_ = mask.Register(a.Key, time.Time{}) // one that is too short for it is no key either
		key, err := jwt.ParseRSAPrivateKeyFromPEM(a.Key.Bytes())
		if err != nil { // not told: it might hold some of the key
			problems = append(problems, fmt.Errorf("apps[%d].key: the key of App %d is no RSA private key: give the .pem file that GitHub made, as it is", i, a.ID))
		}
		if a.ID <= 0 || slices.ContainsFunc(read[:i], func(other app) bool { return other.id == a.ID }) {
			problems = append(problems, fmt.Errorf("apps[%d].id: the id is %d: give each App's own, as its settings page shows it", i, a.ID))
		}
		read[i] = app{id: a.ID, key: key}
	}
	return read, errors.Join(problems...)
}

// Apps are the ids of the Apps, in their order. There may be none.
func (c *Client) Apps() []int64 {
	apps := *c.apps.Load()
	ids := make([]int64, len(apps))
	for i, a := range apps {
		ids[i] = a.id
	}
	return ids
}

// SetApps replaces the Apps from the next call on: when the first is set up, one is added, or a key
// is changed. What is wrong with them is the error, and then they stay as they were.
func (c *Client) SetApps(apps []App) error {
	read, err := readApps(apps, c.mask)
	if err != nil {
		return err
	}
	c.apps.Store(&read)
	return nil
}
