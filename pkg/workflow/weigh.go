package workflow

import (
	"strings"

	"github.com/rhysd/actionlint"
	"go.yaml.in/yaml/v4"
)

// types are the values of those scalars that are no strings, by their places: the parser forgets them,
// and a matrix makes jobs out of 3.10 that are named 3.1.
type types map[Position]any

// weigh refuses what would be more, once aliases are what they stand for, than anything can work on. A
// text that is no YAML weighs nothing: the parser says what is wrong with it.
func weigh(text []byte) (types, error) {
	var root yaml.Node
	if yaml.Unmarshal(text, &root) != nil {
		return nil, nil //nolint:nilerr // the parser tells the same, with its place
	}
	s := scales{types: types{}, weights: map[*yaml.Node]int{}}
	if _, heavy := s.weigh(&root, 0); heavy != nil {
		return nil, errorAt(&actionlint.Pos{Line: heavy.Line, Col: heavy.Column},
			"it is nested deeper than %d levels, or its aliases stand for more than %d values in all: write it plainly", maxDepth, maxNodes)
	}
	return s.types, nil
}

type scales struct {
	types   types
	weights map[*yaml.Node]int // of nodes that have been weighed
}

// weigh is how many nodes a node stands for; or the one that is too heavy or too deep.
func (s scales) weigh(n *yaml.Node, depth int) (weight int, heavy *yaml.Node) {
	if weight, weighed := s.weights[n]; weighed {
		return weight, nil
	}
	if depth > maxDepth {
		return 0, n
	}
	weight = 1
	children := n.Content
	if n.Kind == yaml.AliasNode {
		children = []*yaml.Node{n.Alias}
	}
	for _, child := range children {
		more, heavy := s.weigh(child, depth+1)
		if weight += more; heavy != nil {
			return 0, heavy
		}
		if weight > maxNodes {
			return 0, n
		}
	}
	s.weights[n] = weight
	s.note(n)
	return weight, nil
}

// note keeps the value of a scalar that is no string.
func (s scales) note(n *yaml.Node) {
	if n.Kind != yaml.ScalarNode {
		return
	}
	at := Position{Line: n.Line, Column: n.Column}
	switch n.ShortTag() {
	case "!!null":
		s.types[at] = nil
	case "!!bool":
		s.types[at] = strings.EqualFold(n.Value, "true")
	case "!!int", "!!float":
		var number float64
		if n.Decode(&number) == nil {
			s.types[at] = number
		}
	}
}
