package awstest_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mayfly-ci/mayfly/pkg/awstest"
)

// table answers DynamoDB's wire, and refuses some operations.
type table struct {
	heard   []string // operations, each with how many items it puts
	refuses string
}

func (h *table) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	_, target, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	h.heard = append(h.heard, fmt.Sprint(target, " ", strings.Count(string(body), `"Item"`)))
	if target == h.refuses {
		w.WriteHeader(http.StatusBadRequest)
		_, _ = io.WriteString(w, "refused")
		return
	}
	w.Header().Set("X-Amz-Crc32", "978078487")
	_, _ = io.WriteString(w, "{}")
}

// ask sends a request, and gives the status, the checksum and the body of the answer.
func ask(t *testing.T, handler http.Handler, target, body string) string {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader(body))
	r.Header.Set("X-Amz-Target", target)
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	return fmt.Sprintf("%d %s%s", w.Code, w.Header().Get("X-Amz-Crc32"), w.Body)
}

func TestATransactionIsItsCheckAndThenItsPuts(t *testing.T) {
	const check, simple = `{"ConditionCheck":{"TableName":"t"}}`, `,{"Put":{"TableName":"t","Item":{}}}`
	commit := `{"TransactItems":[` + check + strings.Repeat(simple, 30) + `]}`
	for name, test := range map[string]struct {
		target, body, refuses string
		want                  string
		heard                 []string
	}{
		"it is fulfilled":       {"TransactWriteItems", commit, "", "200 978078487{}", []string{"TransactWriteItems 0", "BatchWriteItem 25", "BatchWriteItem 5"}},
		"its check is refused":  {"TransactWriteItems", commit, "TransactWriteItems", "400 refused", []string{"TransactWriteItems 0"}},
		"its puts are refused":  {"TransactWriteItems", commit, "BatchWriteItem", "400 refused", []string{"TransactWriteItems 0", "BatchWriteItem 25"}},
		"a put has a condition": {"TransactWriteItems", `{"TransactItems":[` + check + `,{"Put":{"Item":{},"ConditionExpression":"c"}}]}`, "", "200 978078487{}", []string{"TransactWriteItems 1"}},
		"it has no check":       {"TransactWriteItems", `{"TransactItems":[` + simple[1:] + simple + `]}`, "", "200 978078487{}", []string{"TransactWriteItems 2"}},
		"it is none":            {"PutItem", `{"Item":{}}`, "", "200 978078487{}", []string{"PutItem 1"}},
	} {
		t.Run(name, func(t *testing.T) {
			moto := &table{refuses: test.refuses}
			got := ask(t, awstest.NewTransactions(moto), "DynamoDB_20120810."+test.target, test.body)
			if got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
			if diff := cmp.Diff(test.heard, moto.heard); diff != "" {
				t.Errorf("moto heard (-want +got):\n%s", diff)
			}
		})
	}
}

func TestWhatIsNotDynamoDBsGoesPast(t *testing.T) {
	moto := &table{}
	if got, want := ask(t, awstest.NewTransactions(moto), "AmazonSQS.SendMessage", "{}"), "200 978078487{}"; got != want || len(moto.heard) != 1 {
		t.Errorf("got %q and calls %q, want %q and one", got, moto.heard, want)
	}
}
