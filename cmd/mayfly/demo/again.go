package demo

import (
	"sync"
	"time"
)

// again does something every 100 ms, until stop is called: then it is over, and is not done again.
func again(do func()) (stop func()) {
	done := make(chan struct{})
	var doing sync.WaitGroup
	doing.Go(func() {
		tick := time.NewTicker(100 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-done:
				return
			case <-tick.C:
				do()
			}
		}
	})
	return func() {
		close(done)
		doing.Wait()
	}
}
