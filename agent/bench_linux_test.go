package agent_test

import (
	"bufio"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/assignment"
)

// benchScript has one job, and tells at its end how much memory the agent, which started it, has had at most.
const benchScript = `
echo started
stamp() { date -u '+%Y-%m-%d %H:%M:%SZ'; }
echo "$(stamp): Listening for Jobs"
echo "$(stamp): Running job: build"
seq 100
echo "$(stamp): Job build completed with result: Succeeded"
grep VmHWM /proc/$PPID/status
`

// BenchmarkAgentStart is from the start of the agent's process to the first word of the runner's, as it
// comes out of the agent again: the requests for metadata, two to S3 with its handshake and two processes.
// Beside it stand how much memory the agent takes at most, how long its binary is, and how often it asks for
// metadata until then.
func BenchmarkAgentStart(b *testing.B) {
	var cloud *site
	secure := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { cloud.S3().ServeHTTP(w, r) }))
	b.Cleanup(secure.Close)
	trust := filepath.Join(b.TempDir(), "trust.pem")
	block := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: secure.Certificate().Raw})
	known, _ := os.ReadFile("/etc/ssl/certs/ca-certificates.crt") // as much to read as on an instance
	if err := os.WriteFile(trust, append(known, block...), 0o600); err != nil {
		b.Fatal(err)
	}
	cloud = newSite(b, b.N, benchScript, func(u *assignment.UserData) { u.S3Endpoint = secure.URL })
	info, err := os.Stat(cloud.binary)
	if err != nil {
		b.Fatal(err)
	}
	peak, asked := 0, 0
	b.ResetTimer()
	b.StopTimer()
	for range b.N {
		_, agent := cloud.instance(b)
		agent.Env = append(agent.Env, "SSL_CERT_FILE="+trust, "SSL_CERT_DIR=/nonexistent") // the directory as in mayfly-agent.service
		stdout, err := agent.StdoutPipe()
		if err != nil {
			b.Fatal(err)
		}
		lines := bufio.NewScanner(stdout)
		cloud.asked.Store(0)
		b.StartTimer()
		if err := agent.Start(); err != nil {
			b.Fatal(err)
		}
		if !lines.Scan() || lines.Text() != "started" {
			b.Fatalf("got %q, %v", lines.Text(), lines.Err())
		}
		b.StopTimer()
		asked = max(asked, int(cloud.asked.Load()))
		kB := 0
		for lines.Scan() {
			_, _ = fmt.Sscanf(lines.Text(), "VmHWM: %d", &kB)
		}
		if kB == 0 {
			b.Fatal("the runner could not tell the agent's memory")
		}
		peak = max(peak, kB)
		_ = agent.Wait()
	}
	b.ReportMetric(float64(30*time.Millisecond), "goal-ns/op")
	b.ReportMetric(float64(info.Size())/1e6, "MB-binary")
	b.ReportMetric(12, "goal-MB-binary")
	b.ReportMetric(float64(peak)*1024/1e6, "MB-memory")
	b.ReportMetric(15, "goal-MB-memory")
	b.ReportMetric(float64(asked), "requests")
	b.ReportMetric(5, "goal-requests")
}
