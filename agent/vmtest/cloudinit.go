//go:build vm || image

package vmtest

import (
	_ "embed"
	"io"
	"net/http"
	"strings"
)

// ByCloudInit is a script that does with curl what the agent does, as user data for cloud-init.
//
//go:embed testdata/cloud-init.sh
var ByCloudInit []byte

// CloudConfig is what cloud-init is told of these machines: where its data is, so that it need not find out
// where it runs, and that its network is there, so that it waits for no DHCP.
const CloudConfig = `datasource_list: [NoCloud]
datasource: {NoCloud: {seedfrom: "http://169.254.169.254/seed/"}}
network: {config: disabled}
locale: false
ssh_deletekeys: false
ssh_genkeytypes: []
`

// Seeded adds to an instance's metadata what cloud-init reads, in three requests with no token.
func Seeded(metadata http.Handler) http.Handler {
	seed := map[string]string{"meta-data": "instance-id: i-1\nlocal-hostname: vm\n", "user-data": string(ByCloudInit), "vendor-data": ""}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if text, found := seed[strings.TrimPrefix(r.URL.Path, "/seed/")]; found {
			_, _ = io.WriteString(w, text)
			return
		}
		metadata.ServeHTTP(w, r)
	})
}
