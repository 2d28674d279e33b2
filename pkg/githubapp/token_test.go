package githubapp_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"

	"github.com/mayfly-ci/mayfly/pkg/runner"
)

func TestATokenIsUsedUntilFiveMinutesBeforeItsEnd(t *testing.T) {
	inWorld(t, func(w *world) {
		for i, step := range []struct{ after, minted int }{{0, 1}, {54, 1}, {1, 2}, {54, 2}, {600, 3}} { // minutes
			time.Sleep(time.Duration(step.after) * time.Minute)
			w.jit(w.class, fmt.Sprint("mf-", i))
			if got := w.hub.Books().Calls[tokenRoute]; got != step.minted {
				t.Errorf("after %d minutes more: got %d tokens, want %d", step.after, got, step.minted)
			}
		}
		if got := w.hub.Books().Calls[lookUpRoute]; got != 1 {
			t.Errorf("the installation was looked up %d times, want 1", got)
		}
	})
}

func TestManyCallersMintOneToken(t *testing.T) {
	inWorld(t, func(w *world) {
		var callers sync.WaitGroup
		for i := range 20 {
			callers.Go(func() {
				if _, _, err := w.client.JITConfig(w.t.Context(), w.app, w.class, fmt.Sprint("mf-", i)); err != nil {
					t.Error(err)
				}
			})
		}
		callers.Wait()
		if got := w.hub.Books().Calls[tokenRoute]; got != 1 {
			t.Errorf("got %d tokens, want 1", got)
		}
	})
}

func TestACallerWhoGoesDoesNotEndTheOthersToken(t *testing.T) {
	inWorld(t, func(w *world) {
		w.front = func(_ http.ResponseWriter, r *http.Request, _ []byte) bool {
			if strings.HasSuffix(r.URL.Path, "/access_tokens") {
				time.Sleep(time.Second)
			}
			return false
		}
		hasty, stop := context.WithTimeout(w.t.Context(), 10*time.Millisecond)
		defer stop()
		var callers sync.WaitGroup
		callers.Go(func() {
			if _, _, err := w.client.JITConfig(hasty, w.app, w.class, "mf-1"); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("the hasty one: got %v, want its deadline", err)
			}
		})
		time.Sleep(time.Millisecond)
		w.jit(w.class, "mf-2")
		callers.Wait()
	})
}

func TestATokenIsNarrowedToOneRepositoryAndAdministration(t *testing.T) {
	inWorld(t, func(w *world) {
		var asked []map[string]any
		w.front = func(_ http.ResponseWriter, r *http.Request, body []byte) bool {
			if strings.HasSuffix(r.URL.Path, "/access_tokens") {
				var request map[string]any
				if err := json.Unmarshal(body, &request); err != nil {
					t.Error(err)
				}
				asked = append(asked, request)
			}
			return false
		}
		other := w.classOf("mayfly-ci/other")
		w.jit(w.class, "mf-1")
		w.jit(other, "mf-1")
		var want []map[string]any
		for _, class := range []runner.Class{w.class, other} {
			want = append(want, map[string]any{
				"repository_ids": []any{float64(class.Scope.ID)}, "permissions": map[string]any{"administration": "write"},
			})
		}
		if diff := cmp.Diff(want, asked); diff != "" {
			t.Errorf("tokens (-want +got):\n%s", diff)
		}
	})
}

func TestAWrongInstallationIsFoundByTheRepository(t *testing.T) {
	inWorld(t, func(w *world) {
		wrong := w.class
		wrong.Installation += 1000
		w.jit(wrong, "mf-1")
	})
}

func TestWhereTheAppIsNotIsErrNotInstalled(t *testing.T) {
	inWorld(t, func(w *world) {
		class := runner.Class{Installation: w.class.Installation, Scope: runner.Repository{ID: 1, FullName: "mayfly-ci/unknown"}}
		if _, _, err := w.client.JITConfig(w.t.Context(), w.app, class, "mf-1"); !errors.Is(err, runner.ErrNotInstalled) {
			t.Errorf("got %v, want ErrNotInstalled", err)
		}
	})
}

func TestAnInstallationThatIsGoneIsLookedUpAnew(t *testing.T) {
	inWorld(t, func(w *world) {
		w.jit(w.class, "mf-1")
		time.Sleep(time.Hour) // the token's life
		w.front = func(answer http.ResponseWriter, r *http.Request, _ []byte) bool {
			if strings.HasSuffix(r.URL.Path, "/access_tokens") {
				answer.WriteHeader(http.StatusNotFound)
				return true
			}
			return false
		}
		if _, _, err := w.client.JITConfig(w.t.Context(), w.app, w.class, "mf-2"); !errors.Is(err, runner.ErrGone) {
			t.Errorf("got %v, want ErrGone", err)
		}
		w.front = nil
		w.jit(w.class, "mf-2")
		if got := w.hub.Books().Calls[lookUpRoute]; got != 2 {
			t.Errorf("the installation was looked up %d times, want 2", got)
		}
	})
}

func TestAnAppThatIsNotConfiguredIsDeniedWithoutACall(t *testing.T) {
	inWorld(t, func(w *world) {
		if diff := cmp.Diff([]int64{w.app}, w.client.Apps()); diff != "" {
			t.Errorf("Apps (-want +got):\n%s", diff)
		}
		if _, _, err := w.client.JITConfig(w.t.Context(), 7, w.class, "mf-1"); !errors.Is(err, runner.ErrDenied) {
			t.Errorf("got %v, want ErrDenied", err)
		}
		if got := w.hub.Books().TotalCalls; got != 0 {
			t.Errorf("calls: got %d, want 0", got)
		}
	})
}

func TestAnAppThatCannotBeAskedIsWorthAnotherTry(t *testing.T) {
	inWorld(t, func(w *world) {
		w.front = func(answer http.ResponseWriter, r *http.Request, _ []byte) bool {
			if strings.HasSuffix(r.URL.Path, "/installation") {
				answer.WriteHeader(http.StatusBadGateway)
				return true
			}
			return false
		}
		if _, _, err := w.client.JITConfig(w.t.Context(), w.app, w.class, "mf-1"); err == nil || errors.Is(err, runner.ErrRejected) {
			t.Errorf("got %v, want an error that is not ErrRejected", err)
		}
		w.front = nil
		w.jit(w.class, "mf-1")
	})
}

// A right that the owner has not given the App is theirs to give: jobs wait for that, and none fails.
func TestAPermissionThatTheAppLacksIsDenied(t *testing.T) {
	inWorld(t, func(w *world) {
		message := "The permissions requested are not granted to this installation."
		w.front = func(answer http.ResponseWriter, r *http.Request, _ []byte) bool {
			isToken := strings.HasSuffix(r.URL.Path, "/access_tokens")
			if isToken {
				answer.WriteHeader(http.StatusUnprocessableEntity)
				_, _ = fmt.Fprintf(answer, `{"message":%q}`, message)
			}
			return isToken
		}
		_, _, err := w.client.JITConfig(w.t.Context(), w.app, w.class, "mf-1")
		if !errors.Is(err, runner.ErrDenied) || errors.Is(err, runner.ErrRejected) || !strings.Contains(err.Error(), `{"administration":"write"}`) {
			t.Errorf("got %v, want ErrDenied, and which permission it takes", err)
		}
		message = "There is at least one repository that does not exist or is not accessible to the parent installation."
		if _, _, err := w.client.JITConfig(w.t.Context(), w.app, w.class, "mf-1"); !errors.Is(err, runner.ErrRejected) {
			t.Errorf("for another reason: got %v, want ErrRejected", err)
		}
	})
}

func TestARefusedTokenIsForgotten(t *testing.T) {
	inWorld(t, func(w *world) {
		w.jit(w.class, "mf-1")
		w.answer(http.StatusUnauthorized, nil, `{"message":"Bad credentials"}`)
		if _, err := w.client.Runners(w.t.Context(), w.app, w.scope); !errors.Is(err, runner.ErrDenied) {
			t.Errorf("got %v, want ErrDenied", err)
		}
		w.front = nil
		w.jit(w.class, "mf-2")
		if got := w.hub.Books().Calls[tokenRoute]; got != 2 {
			t.Errorf("got %d tokens, want 2", got)
		}
	})
}

// A key that was deleted, or a clock by which nobody goes: who asks for runners is told, after two JWTs.
func TestAKeyThatGitHubNeverTakesIsDeniedAfterOneMoreTry(t *testing.T) {
	inWorld(t, func(w *world) {
		refused := 0
		w.front = func(answer http.ResponseWriter, _ *http.Request, _ []byte) bool {
			refused++
			answer.Header().Set("Date", time.Now().Add(time.Hour).UTC().Format(http.TimeFormat))
			answer.WriteHeader(http.StatusUnauthorized)
			_, _ = answer.Write([]byte(`{"message":"A JSON web token could not be decoded"}`))
			return true
		}
		if _, err := w.client.Runners(w.t.Context(), w.app, w.scope); !errors.Is(err, runner.ErrDenied) {
			t.Errorf("got %v, want ErrDenied", err)
		}
		if refused != 2 {
			t.Errorf("GitHub was asked %d times, want once more by its own clock", refused)
		}
	})
}

// GitHub refuses a JWT of a time that is not its own, and its answer has the date.
func TestAClockThatIsWrongIsSetByGitHubs(t *testing.T) {
	for _, ahead := range []time.Duration{-10 * time.Minute, 10 * time.Minute, 20 * time.Second} {
		inWorld(t, func(w *world) {
			refused := 0
			w.front = func(answer http.ResponseWriter, r *http.Request, _ []byte) bool {
				now := time.Now().Add(ahead)
				answer.Header().Set("Date", now.UTC().Format(http.TimeFormat))
				bearer, isJWT := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
				var claims jwt.RegisteredClaims
				if _, _, err := jwt.NewParser().ParseUnverified(bearer, &claims); !isJWT || err != nil {
					return false
				}
				right := !claims.IssuedAt.After(now) && claims.ExpiresAt.After(now) && claims.ExpiresAt.Before(now.Add(10*time.Minute))
				if !right {
					refused++
					answer.WriteHeader(http.StatusUnauthorized)
					return true
				}
				if ahead.Abs() < time.Minute {
					return false
				}
				// The hub goes by the bubble's clock, so the answers are made here.
				if strings.HasSuffix(r.URL.Path, "/installation") {
					_, _ = answer.Write([]byte(`{"id":5}`))
				} else {
					answer.WriteHeader(http.StatusCreated)
					_, _ = fmt.Fprintf(answer, `{"token":"ghs_0123456789abcdef","expires_at":%q}`, now.Add(time.Hour).UTC().Format(time.RFC3339))
				}
				return true
			}
			_, err := w.client.Runners(w.t.Context(), w.app, w.scope)
			if ahead.Abs() < time.Minute {
				if err != nil || refused != 0 {
					t.Errorf("%v ahead: error %v, %d JWTs refused, want none", ahead, err, refused)
				}
				return
			}
			// The token is none of the hub's: that it was asked with is enough.
			if !errors.Is(err, runner.ErrDenied) || strings.Contains(err.Error(), "installation") || refused != 1 {
				t.Errorf("%v ahead: error %v, %d JWTs refused, want one", ahead, err, refused)
			}
		})
	}
}
