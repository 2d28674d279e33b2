package queue_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/mayfly-ci/mayfly/server/queue"
	"github.com/mayfly-ci/mayfly/server/queue/queuetest"
)

func TestMemoryKeepsTheQueuesContract(t *testing.T) {
	queuetest.Contract(t, func(*testing.T) queuetest.Opened {
		q := queue.NewMemory(30 * time.Second)
		return queuetest.Opened{
			Queue: q, Visibility: 30 * time.Second, MaxReceives: queue.MaxReceives,
			DeadLetters: func(*testing.T) []string {
				var bodies []string
				for _, body := range q.DeadLetters() {
					bodies = append(bodies, string(body))
				}
				return bodies
			},
		}
	}, synctest.Test)
}
