package settings_test

import (
	"strings"
	"testing"
	"time"

	"github.com/mayfly-ci/mayfly/cmd/server/settings"
	"github.com/mayfly-ci/mayfly/pkg/secret"
)

func TestATickIsToldLittle(t *testing.T) {
	token := strings.Repeat("t", 32)
	least := []string{"MAYFLY_STACK=prod", "AWS_REGION=eu-west-1", "MAYFLY_ANYTHING=else"}
	for name, test := range map[string]struct {
		more []string
		want settings.Tick
	}{
		"the least": {nil, settings.Tick{MaxRuntime: 12 * time.Hour}},
		"all": {
			[]string{"MAYFLY_MAX_RUNTIME=6h", "MAYFLY_TICK_URL=https://x/internal/tick", "MAYFLY_TICK_TOKEN=" + token},
			settings.Tick{MaxRuntime: 6 * time.Hour, URL: "https://x/internal/tick", Token: secret.New(token)},
		},
	} {
		got, err := settings.ReadTick(append(least, test.more...))
		if err != nil || got.Stack != "prod" || got.Region != "eu-west-1" || got.MaxRuntime != test.want.MaxRuntime || got.URL != test.want.URL ||
			!test.want.Token.Empty() && !got.Token.Equal(test.want.Token) {
			t.Errorf("%s: got %+v, %v, want %+v", name, got, err, test.want)
		}
	}
}

func TestAllThatIsWrongWithATickIsToldAtOnce(t *testing.T) {
	_, err := settings.ReadTick([]string{"MAYFLY_MAX_RUNTIME=6", "MAYFLY_TICK_URL=x", "MAYFLY_TICK_TOKEN=canary"})
	if err == nil {
		t.Fatal("got no error")
	}
	for _, v := range settings.TickVariables {
		if !strings.Contains(err.Error(), v.Name) || !strings.Contains(err.Error(), v.Allowed) {
			t.Errorf("%s: got error %v, want one that names it and what is allowed", v.Name, err)
		}
	}
	if strings.Contains(err.Error(), "canary") {
		t.Errorf("got error %v, want none that tells the token", err)
	}
	_, err = settings.ReadTick([]string{"MAYFLY_STACK=prod", "AWS_REGION=eu-west-1", "MAYFLY_TICK_URL=https://x/internal/tick"})
	if err == nil || !strings.Contains(err.Error(), "MAYFLY_TICK_TOKEN is empty") {
		t.Errorf("a URL without a token: got error %v, want one that misses it", err)
	}
}
