package image

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/instance"
)

// window is how long GitHub still gives jobs to a runner after the release of a newer one. Counted from the runner's own
// release it is less, and never more. Source: docs.github.com, "Self-hosted runners reference", runner software updates.
const window = 30 * day

const day = 24 * time.Hour

// listing is an image as a list tells of it.
type listing struct {
	Image    string    `json:"image"`
	Profile  string    `json:"profile"`
	Standing standing  `json:"standing"`
	ID       string    `json:"id"`
	Name     string    `json:"name"`
	Created  time.Time `json:"created"`
	AgeDays  int       `json:"age_days"`
	Runner   string    `json:"runner_version"`
	Released string    `json:"runner_released"`
	DaysLeft int       `json:"runner_days_left"` // below 0, a runner updates itself before its job
	Manifest string    `json:"manifest,omitempty"`
	Newest   bool      `json:"newest"` // of its name and profile
}

// list tells what images there are.
func (a App) list(ctx context.Context, args []string) error {
	flags := newFlags("list")
	asJSON, only := flags.Bool("json", false, ""), flags.String("image", "", "")
	amis, region, err := a.open(ctx, flags, args, 0)
	if err != nil {
		return err
	}
	if *only != "" {
		if _, err := parseName(*only); err != nil {
			return err
		}
	}
	all, err := amis.Tagged(ctx, tagImage)
	if err != nil {
		return err
	}
	lines := listings(all, *only, a.now())
	switch {
	case *asJSON:
		return json.NewEncoder(a.Out).Encode(lines)
	case len(lines) == 0:
		_, err = fmt.Fprintf(a.Out, "There are no images in %s: `mayfly image build` makes one.\n", region)
		return err
	}
	return table(a.Out, lines)
}

// listings are the images of a name, or all, by name and profile, the newest first.
func listings(all []instance.AMI, only string, now time.Time) []listing {
	stand, lines, seen := standings(all), []listing{}, map[line]bool{}
	for _, ami := range all {
		if only != "" && ami.Tags[tagImage] != only {
			continue
		}
		one := listing{
			Image: ami.Tags[tagImage], Profile: ami.Tags[tagProfile], Standing: stand[ami.ID], ID: ami.ID, Name: ami.Name, Created: ami.Created,
			AgeDays: int(now.Sub(ami.Created) / day), Runner: ami.Tags[tagVersion], Released: ami.Tags[tagReleased], Manifest: ami.Tags[tagManifest],
			Newest: !seen[lineOf(ami)],
		}
		if released, err := time.Parse(time.DateOnly, one.Released); err == nil {
			one.DaysLeft = daysUntil(released.Add(window), now)
		}
		seen[lineOf(ami)] = true
		lines = append(lines, one)
	}
	slices.SortStableFunc(lines, func(a, b listing) int {
		return cmp.Or(cmp.Compare(a.Image, b.Image), cmp.Compare(a.Profile, b.Profile))
	})
	return lines
}

// daysUntil is how many whole days there are until a moment, below 0 if it is past.
func daysUntil(moment, now time.Time) int {
	left := moment.Sub(now)
	if left < 0 {
		return int((left - day + 1) / day)
	}
	return int(left / day)
}

func table(out io.Writer, lines []listing) error {
	columns := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(columns, "IMAGE\tPROFILE\tSTANDING\tID\tAGE\tRUNNER\tITS WINDOW")
	for _, l := range lines {
		name := string(l.Standing)
		if l.Newest {
			name += ", newest"
		}
		fmt.Fprintf(columns, "%s\t%s\t%s\t%s\t%d d\t%s\t%s\n", l.Image, l.Profile, name, l.ID, l.AgeDays, l.Runner, l.window())
	}
	return columns.Flush()
}

// window is how long the image's runner is still good, in words.
func (l listing) window() string {
	switch {
	case l.Released == "":
		return "unknown"
	case l.DaysLeft < 0:
		return fmt.Sprintf("ended %d d ago", -l.DaysLeft)
	}
	return fmt.Sprintf("%d d left", l.DaysLeft)
}
