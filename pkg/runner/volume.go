package runner

// Volume is an instance's root volume. A zero field leaves the choice to EC2.
type Volume struct {
	GiB        int    `json:"gib,omitempty"`
	Type       string `json:"type,omitempty"` // EC2's name: gp3
	IOPS       int    `json:"iops,omitempty"`
	Throughput int    `json:"throughput_mibps,omitempty"` // MiB/s
}

// Or is the volume with the other one's size, if it has none, and its performance, if it says
// nothing of that. What one type of volume has to offer says nothing about another type.
func (v Volume) Or(other Volume) Volume {
	if v.GiB == 0 {
		v.GiB = other.GiB
	}
	if v.Type == "" {
		v.Type = other.Type
	}
	if v.Type == other.Type {
		if v.IOPS == 0 {
			v.IOPS = other.IOPS
		}
		if v.Throughput == 0 {
			v.Throughput = other.Throughput
		}
	}
	return v
}
