package runner

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
)

// CapacityType is how EC2 sells an instance.
type CapacityType string

// The capacity types.
const (
	OnDemand CapacityType = "on-demand"
	Spot     CapacityType = "spot"
)

// Arch is a processor architecture, in GitHub's words.
type Arch string

// The architectures.
const (
	X64   Arch = "x64"
	ARM64 Arch = "arm64"
)

// Offering is one thing that EC2 may or may not have: a type, in a zone, sold one way.
type Offering struct {
	Type     string       `json:"type"` // m7a.large
	Zone     string       `json:"zone"` // us-east-1a
	Capacity CapacityType `json:"capacity_type"`
}

func (o Offering) String() string {
	return fmt.Sprintf("%s in %s, %s", o.Type, o.Zone, o.Capacity)
}

// Subnet is where an instance may be put.
type Subnet struct {
	ID   string `json:"id"`
	Zone string `json:"zone"`
}

// Shape is what to launch. Jobs of one shape, of whatever class, share one fleet call.
type Shape struct {
	Name  string `json:"name"` // for people: "4cpu-linux-x64 spot"
	Image string `json:"image"`
	// ImageOwners are accounts, of 12 digits, of which one has to own the image; none is any that is trusted.
	ImageOwners []string     `json:"image_owners,omitempty"`
	Arch        Arch         `json:"arch"`
	Types       []string     `json:"types"` // candidates, the one to prefer first
	Capacity    CapacityType `json:"capacity_type"`
	Strategy    string       `json:"strategy"` // EC2's allocation strategy
	RootVolume  Volume       `json:"root_volume"`
	Subnets     []Subnet     `json:"subnets"`
}

// Key tells shapes apart: 16 hexadecimal digits of the hash of everything but the name.
func (s Shape) Key() string {
	s.Name = ""
	body, err := json.Marshal(s)
	if err != nil {
		panic(err) // strings and numbers always marshal
	}
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:8])
}

// OnDemand is the same shape, bought on demand.
func (s Shape) OnDemand() Shape {
	s.Name = strings.TrimSuffix(s.Name, string(Spot)) + string(OnDemand)
	s.Capacity, s.Strategy = OnDemand, "lowest-price"
	return s
}

// Offerings lists what could serve the shape: each type in each zone.
func (s Shape) Offerings() []Offering {
	offerings := make([]Offering, 0, len(s.Types)*len(s.Subnets))
	for _, instanceType := range s.Types {
		for _, subnet := range s.Subnets {
			offerings = append(offerings, Offering{Type: instanceType, Zone: subnet.Zone, Capacity: s.Capacity})
		}
	}
	return offerings
}
