package server

import (
	"os"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/catalog"
)

// setting is a row of docs/settings.md, which is made from the comments beside the fields.
var setting = regexp.MustCompile("(?m)^\\| `([A-Za-z.]+)` \\| .* \\| (.*) \\|$")

func TestTheSettingsHaveTheDefaultsThatTheirCommentsName(t *testing.T) {
	page, err := os.ReadFile("../docs/settings.md")
	if err != nil {
		t.Fatal(err)
	}
	told := map[string]string{}
	for _, row := range setting.FindAllStringSubmatch(string(page), -1) {
		told[row[1]] = row[2]
	}
	defaults, missing := Config{}.withDefaults(Seams{})
	checkDefaults(t, "", reflect.ValueOf(defaults), told, missing)
}

// nothing is how a default is told that is the zero value.
var nothing = map[string]bool{"no": true, "none": true, "as many as of the stack": true, "all that installed the App": true, "all that the catalog knows": true}

// checkDefaults wants every field to have the default that is told of it, and those that must be set
// to be missed if they are not.
func checkDefaults(t *testing.T, prefix string, of reflect.Value, told map[string]string, missing error) {
	t.Helper()
	for i := range of.NumField() {
		name, value := prefix+of.Type().Field(i).Name, of.Field(i)
		switch want := told[name]; want {
		case "":
			t.Errorf("docs/settings.md does not tell of %s", name)
		case "see below":
			checkDefaults(t, name+".", value, told, missing)
		case "must be set":
			if name != "WebhookSecrets" && !strings.Contains(missing.Error(), "server: "+name+" is empty") { // those the webhook stage misses
				t.Errorf("%s must be set, as it is told; a config without it gets %q", name, missing)
			}
		default:
			got, said := inWords(value)
			if said && got != strings.ReplaceAll(want, ",", "") && (!value.IsZero() || !nothing[want]) {
				t.Errorf("the default of %s is told to be %q, got %q", name, want, got)
			}
		}
	}
}

// inWords is a default as a comment tells it, without its commas. Loggers, secrets and their like have
// none.
func inWords(value reflect.Value) (text string, said bool) {
	switch value := value.Interface().(type) {
	case time.Duration:
		switch {
		case value%time.Hour == 0:
			return strconv.Itoa(int(value/time.Hour)) + " h", true
		case value%time.Minute == 0:
			return strconv.Itoa(int(value/time.Minute)) + " min", true
		}
		return strconv.Itoa(int(value/time.Second)) + " s", true
	case int:
		return strconv.Itoa(value), true
	case string:
		return value, true
	case []catalog.Pattern:
		var names []string
		for _, pattern := range value {
			names = append(names, string(pattern))
		}
		return strings.Join(names, " "), true
	}
	return "", false
}
