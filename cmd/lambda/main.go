// Command lambda is Mayfly's server, on AWS, as functions of Lambda; or, beside a container, its tick and
// watchdog. What a function is told is in its environment: docs/settings.md; how a stack wires it:
// docs/lambda.md. Its log is JSON on stdout.
package main

import (
	"log/slog"
	"os"

	"github.com/aws/aws-lambda-go/lambda"

	"github.com/mayfly-ci/mayfly/pkg/secret"
)

func main() {
	masker := secret.NewMasker()
	log := slog.New(secret.NewHandler(slog.NewJSONHandler(os.Stdout, nil), masker))
	lambda.Start((&host{environment: os.Environ(), log: log, masker: masker}).function())
}
