package localcloud_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials/ec2rolecreds"
	"github.com/aws/aws-sdk-go-v2/feature/ec2/imds"
	"github.com/google/go-cmp/cmp"

	"github.com/mayfly-ci/mayfly/pkg/localcloud"
	"github.com/mayfly-ci/mayfly/pkg/localnet"
)

// boot launches one instance of which the machine is known.
func (w *world) boot(t *testing.T, token string) localcloud.Machine {
	t.Helper()
	id := w.launch(t, token, 1)[0].ID
	synctest.Wait()
	return w.machine(id)
}

// ask sends a request with no network in between.
func ask(h http.Handler, method, path string, headers ...string) *http.Response {
	r := httptest.NewRequest(method, path, http.NoBody)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func text(response *http.Response) string {
	body, _ := io.ReadAll(response.Body)
	return string(body)
}

const (
	token    = "X-aws-ec2-metadata-token"
	tokenTTL = "X-aws-ec2-metadata-token-ttl-seconds"
)

func TestMetadataNeedsATokenOfThisInstance(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud := newWorld(t, localcloud.Config{})
		ours, other := cloud.boot(t, "a").Metadata, cloud.boot(t, "b").Metadata
		mine := text(ask(ours, "PUT", "/latest/api/token", tokenTTL, "60"))
		foreign := text(ask(other, "PUT", "/latest/api/token", tokenTTL, "60"))
		for _, test := range []struct {
			name, method, path, header, value string
			want                              int
		}{
			{"with the token", "GET", "/latest/meta-data/instance-id", token, mine, 200},
			{"without a token", "GET", "/latest/meta-data/instance-id", token, "", 401},
			{"with a foreign token", "GET", "/latest/meta-data/instance-id", token, foreign, 401},
			{"no spot notice", "GET", "/latest/meta-data/spot/instance-action", token, mine, 404},
			{"no rebalance advice", "GET", "/latest/meta-data/events/recommendations/rebalance", token, mine, 404},
			{"another's role", "GET", "/latest/meta-data/iam/security-credentials/admin", token, mine, 404},
			{"a write", "POST", "/latest/user-data", token, mine, 405},
			{"a token by GET", "GET", "/latest/api/token", tokenTTL, "60", 405},
			{"a token for ever", "PUT", "/latest/api/token", tokenTTL, "21601", 400},
			{"a token for no time", "PUT", "/latest/api/token", tokenTTL, "", 400},
		} {
			if got := ask(ours, test.method, test.path, test.header, test.value).StatusCode; got != test.want {
				t.Errorf("%s: got status %d, want %d", test.name, got, test.want)
			}
		}
		time.Sleep(time.Minute)
		if got, want := ask(ours, "GET", "/latest/user-data", token, mine).StatusCode, 401; got != want {
			t.Errorf("a token that is over: got status %d, want %d", got, want)
		}
	})
}

func TestTheIdentityDocumentIsTheInstances(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud := newWorld(t, localcloud.Config{Delays: localcloud.Delays{Pending: time.Second}})
		id := cloud.launch(t, "a", 1)[0].ID
		time.Sleep(2 * time.Second)
		machine := cloud.machine(id)
		mine := text(ask(machine.Metadata, "PUT", "/latest/api/token", tokenTTL, "60"))
		var got map[string]any
		if err := json.NewDecoder(ask(machine.Metadata, "GET", "/latest/dynamic/instance-identity/document", token, mine).Body).Decode(&got); err != nil {
			t.Fatal(err)
		}
		want := map[string]any{
			"accountId": "123456789012", "architecture": "x86_64", "availabilityZone": "us-east-1a",
			"imageId": "ami-1", "instanceId": machine.Instance.ID, "instanceType": "m7a.large",
			"pendingTime": machine.LaunchedAt.UTC().Format(time.RFC3339), "privateIp": "10.0.0.1",
			"region": "us-east-1", "version": "2017-09-30",
		}
		if got, want := text(ask(machine.Metadata, "GET", "/latest/meta-data/instance-life-cycle", token, mine)), string(machine.Instance.Offering.Capacity); got != want {
			t.Errorf("its market: got %q, want %q", got, want)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("identity document, want - got +:\n%s", diff)
		}
	})
}

func TestTheSDKReadsTheMetadata(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud := newWorld(t, localcloud.Config{})
		machine := cloud.boot(t, "a")
		var network localnet.Network
		client := imds.New(imds.Options{Endpoint: "http://metadata", HTTPClient: serve(t, &network, "metadata:80", machine.Metadata)})

		document, err := client.GetInstanceIdentityDocument(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := document.InstanceID, machine.Instance.ID; got != want {
			t.Errorf("instance: got %s, want %s", got, want)
		}
		userData, err := client.GetUserData(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(userData.Content)
		if got, want := string(body), `{"version":1}`; got != want {
			t.Errorf("user data: got %s, want %s", got, want)
		}
		region, err := client.GetRegion(t.Context(), nil)
		if err != nil || region.Region != "us-east-1" {
			t.Errorf("region: got %v, %v, want us-east-1", region, err)
		}
		keys, err := roleOf(client).Retrieve(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if !keys.HasKeys() || keys.SessionToken == "" || !keys.CanExpire {
			t.Errorf("credentials: got %d, %d and %d characters, want a session that ends",
				len(keys.AccessKeyID), len(keys.SecretAccessKey), len(keys.SessionToken))
		}
	})
}

func roleOf(client *imds.Client) aws.CredentialsProvider {
	return ec2rolecreds.New(func(o *ec2rolecreds.Options) { o.Client = client })
}

// serve lets a handler be found on a network, and is a client of that network.
func serve(t *testing.T, network *localnet.Network, address string, handler http.Handler) *http.Client {
	t.Helper()
	listener, err := network.Listen(address)
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: handler}
	go func() { _ = server.Serve(listener) }()
	transport := network.Transport()
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		_ = server.Shutdown(context.Background())
	})
	return &http.Client{Transport: transport}
}
