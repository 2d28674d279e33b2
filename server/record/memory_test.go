package record_test

import (
	"testing"
	"testing/synctest"

	"github.com/mayfly-ci/mayfly/server/record"
	"github.com/mayfly-ci/mayfly/server/record/recordtest"
)

func TestMemoryKeepsTheRecordsContract(t *testing.T) {
	recordtest.Contract(t, func(*testing.T) recordtest.Record { return record.NewMemory() }, synctest.Test)
}
