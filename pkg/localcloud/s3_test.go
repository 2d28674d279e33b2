package localcloud_test

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/ec2/imds"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/google/go-cmp/cmp"

	"github.com/mayfly-ci/mayfly/pkg/bucket"
	"github.com/mayfly-ci/mayfly/pkg/localcloud"
	"github.com/mayfly-ci/mayfly/pkg/localnet"
	"github.com/mayfly-ci/mayfly/pkg/runner"
)

// store is a world whose S3 is served.
type store struct {
	*world
	network localnet.Network
	client  *http.Client
}

func newStore(t *testing.T) *store {
	t.Helper()
	return newStoreOf(t, localcloud.Config{})
}

func newStoreOf(t *testing.T, config localcloud.Config) *store {
	t.Helper()
	s := &store{world: newWorld(t, config)}
	s.client = serve(t, &s.network, "s3:80", s.S3())
	return s
}

// as is the bucket, seen by whoever has the credentials.
func (s *store) as(who aws.CredentialsProvider) *bucket.Bucket {
	return bucket.New(bucket.Config{
		Name: "ci-bucket", Region: "us-east-1", Endpoint: "http://s3", Credentials: who, Client: s.client,
	})
}

// role is the credentials of an instance, as its metadata service gives them.
func (s *store) role(t *testing.T, machine localcloud.Machine) aws.CredentialsProvider {
	t.Helper()
	host := machine.Instance.ID
	client := serve(t, &s.network, host+":80", machine.Metadata)
	return roleOf(imds.New(imds.Options{Endpoint: "http://" + host, HTTPClient: client}))
}

func mustPut(t *testing.T, b *bucket.Bucket, key, body string) {
	t.Helper()
	if err := b.Put(t.Context(), key, []byte(body)); err != nil {
		t.Fatal(err)
	}
}

func TestAnInstanceReadsAndDeletesItsAssignment(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStore(t)
		machine := s.boot(t, "a")
		mine := s.as(s.role(t, machine))
		key := runner.AssignmentKey(roleID, machine.Instance.ID)
		if _, err := mine.Get(t.Context(), key); !errors.Is(err, bucket.ErrNotFound) || !strings.Contains(err.Error(), "403") {
			t.Errorf("before it is there: got %v, want 403 as ErrNotFound", err)
		}
		mustPut(t, s.as(s.ServerCredentials()), key, "the assignment")
		body, err := mine.Get(t.Context(), key)
		if got, want := string(body), "the assignment"; err != nil || got != want {
			t.Errorf("assignment: got %q, %v, want %q", got, err, want)
		}
		for range 2 {
			if err := mine.Delete(t.Context(), key); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := s.as(s.ServerCredentials()).Get(t.Context(), key); !errors.Is(err, bucket.ErrNotFound) || !strings.Contains(err.Error(), "404") {
			t.Errorf("the server, after it is deleted: got %v, want 404 as ErrNotFound", err)
		}
	})
}

func TestAnInstanceReachesNothingOfAnothers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStore(t)
		machine, other := s.boot(t, "a"), s.boot(t, "b").Instance.ID
		role := s.role(t, machine)
		theirs := runner.AssignmentKey(roleID, other)
		mustPut(t, s.as(s.ServerCredentials()), theirs, "a secret")
		mine := machine.Instance.ID
		mustPut(t, s.as(s.ServerCredentials()), runner.AssignmentKey(roleID, mine), "mine to read, and no more")
		client := s3.New(s3.Options{
			Region: "us-east-1", Credentials: role, HTTPClient: s.client, BaseEndpoint: aws.String("http://s3"), UsePathStyle: true,
		})
		name := aws.String("ci-bucket")
		put := func(key, from string) error {
			input := &s3.PutObjectInput{Bucket: name, Key: &key, Body: bytes.NewReader(nil)}
			if from == "" {
				_, err := client.PutObject(t.Context(), input)
				return err
			}
			_, err := client.CopyObject(t.Context(), &s3.CopyObjectInput{Bucket: name, Key: &key, CopySource: &from})
			return err
		}
		attempts := map[string]func(ctx context.Context) error{
			"read":   func(ctx context.Context) error { _, err := s.as(role).Get(ctx, theirs); return err },
			"delete": func(ctx context.Context) error { return s.as(role).Delete(ctx, theirs) },
			"climb": func(ctx context.Context) error {
				_, err := s.as(role).Get(ctx, "runners/"+roleID+":"+mine+"/../"+roleID+":"+other+"/assignment.json")
				return err
			},
			"report for another": func(context.Context) error { return put(runner.ReportKey(roleID, other, 1), "") },
			"write own assignment": func(context.Context) error {
				return put(runner.AssignmentKey(roleID, mine), "")
			},
			"copy": func(context.Context) error { return put(runner.ReportKey(roleID, mine, 1), "ci-bucket/"+theirs) },
			"list": func(ctx context.Context) error {
				_, err := client.ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: name})
				return err
			},
			"upload in parts": func(ctx context.Context) error {
				_, err := client.CreateMultipartUpload(ctx, &s3.CreateMultipartUploadInput{Bucket: name, Key: aws.String(runner.ReportKey(roleID, mine, 1))})
				return err
			},
			"tag": func(ctx context.Context) error {
				_, err := client.GetObjectTagging(ctx, &s3.GetObjectTaggingInput{Bucket: name, Key: aws.String(runner.AssignmentKey(roleID, mine))})
				return err
			},
		}
		for name, attempt := range attempts {
			if err := attempt(t.Context()); err == nil || !strings.Contains(err.Error(), "AccessDenied") {
				t.Errorf("%s: got %v, want AccessDenied", name, err)
			}
		}
		if body, err := s.as(s.ServerCredentials()).Get(t.Context(), theirs); err != nil || string(body) != "a secret" {
			t.Errorf("the other's assignment: got %q, %v, want it untouched", body, err)
		}
	})
}

func TestAReportIsToldAfterItIsThere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStore(t)
		machine := s.boot(t, "a")
		key := runner.ReportKey(roleID, machine.Instance.ID, 1)
		mustPut(t, s.as(s.role(t, machine)), key, "listening")
		mustPut(t, s.as(s.ServerCredentials()), runner.AssignmentKey(roleID, machine.Instance.ID), "nobody is told")
		synctest.Wait()
		var told []runner.ObjectEvent
		for _, event := range s.heard() {
			if event.Object != nil {
				told = append(told, *event.Object)
			}
		}
		if diff := cmp.Diff([]runner.ObjectEvent{{Bucket: "ci-bucket", Key: key}}, told); diff != "" {
			t.Errorf("objects told of, want - got +:\n%s", diff)
		}
	})
}

func TestTheKeysOfATerminatedInstanceOpenNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStore(t)
		machine := s.boot(t, "a")
		role := s.role(t, machine)
		keys, err := role.Retrieve(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		mine := s.as(aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) { return keys, nil }))
		mustPut(t, mine, runner.ReportKey(roleID, machine.Instance.ID, 1), "exited")
		if err := s.Terminate(t.Context(), []string{machine.Instance.ID}); err != nil {
			t.Fatal(err)
		}
		s.untilNoneLeft(t)
		err = mine.Put(t.Context(), runner.ReportKey(roleID, machine.Instance.ID, 2), []byte("a ghost"))
		if err == nil || !strings.Contains(err.Error(), "403") {
			t.Errorf("a report after the end: got %v, want 403", err)
		}
	})
}

func TestOnlyWhoHasTheSecretIsBelieved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStore(t)
		keys, err := s.role(t, s.boot(t, "a")).Retrieve(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		server, _ := s.ServerCredentials().Retrieve(t.Context())
		for name, test := range map[string]struct {
			keys aws.Credentials
			code string
		}{
			"another secret":   {aws.Credentials{AccessKeyID: server.AccessKeyID, SecretAccessKey: "guessed"}, "SignatureDoesNotMatch"},
			"no session token": {aws.Credentials{AccessKeyID: keys.AccessKeyID, SecretAccessKey: keys.SecretAccessKey}, "SignatureDoesNotMatch"},
			"an unknown key":   {aws.Credentials{AccessKeyID: "AKIAUNKNOWN", SecretAccessKey: "guessed"}, "InvalidAccessKeyId"},
		} {
			b := s.as(aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) { return test.keys, nil }))
			if err := b.Put(t.Context(), "reports/x", nil); err == nil || !strings.Contains(err.Error(), test.code) {
				t.Errorf("%s: got %v, want %s", name, err, test.code)
			}
		}
		response := ask(s.S3(), "GET", "/ci-bucket/reports/x")
		if body := text(response); response.StatusCode != http.StatusForbidden || !strings.Contains(body, "<Error><Code>AccessDenied</Code>") {
			t.Errorf("nobody: got %d %s, want 403 and S3's AccessDenied", response.StatusCode, body)
		}
	})
}

func TestAnEmptyObjectAndOddKeysGoThrough(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStore(t)
		b := s.as(s.ServerCredentials())
		for _, key := range []string{"a:b/c", "a b+c%2F&=?#", "é/ü", "a//b"} {
			for _, want := range []string{"", "text"} {
				mustPut(t, b, key, want)
				if got, err := b.Get(t.Context(), key); err != nil || string(got) != want {
					t.Errorf("%q: got %q, %v, want %q", key, got, err, want)
				}
			}
		}
	})
}
