package run

// Bounds are what the runner and all that it starts may use together. Zero is no bound. Containers are
// in cgroups of their daemon's, and are not counted.
type Bounds struct {
	PIDs   int   // processes and threads
	Memory int64 // bytes
}
