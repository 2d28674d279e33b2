package boot

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"time"

	"github.com/mayfly-ci/mayfly/pkg/assignment"
)

const maxWord = 64

// The shapes of what becomes part of keys, host names and the job's log.
var (
	instanceShape = regexp.MustCompile(`^i-([0-9a-f]{8}|[0-9a-f]{17})$`)
	regionShape   = regexp.MustCompile(`^[a-z]{2}(-[a-z]+)+-\d+$`)
	wordShape     = regexp.MustCompile(`^[A-Za-z0-9.-]*$`)
)

// Instance is who this machine is.
type Instance struct {
	ID         string
	Region     string
	LaunchedAt time.Time // EC2's pendingTime, in whole seconds

	// For people. Empty if EC2 does not say.
	Type, Zone, Image string
}

// Identify reads who this machine is.
func (m *Metadata) Identify(ctx context.Context) (Instance, error) {
	body, err := m.Read(ctx, "dynamic/instance-identity/document", maxDocument)
	if err != nil {
		return Instance{}, fmt.Errorf("read the identity document: %w", err)
	}
	var document struct {
		InstanceID       string    `json:"instanceId"`
		Region           string    `json:"region"`
		PendingTime      time.Time `json:"pendingTime"`
		InstanceType     string    `json:"instanceType"`
		AvailabilityZone string    `json:"availabilityZone"`
		ImageID          string    `json:"imageId"`
	}
	if err := decode(body, &document); err != nil {
		return Instance{}, fmt.Errorf("read the identity document: %w", err)
	}
	switch {
	case !instanceShape.MatchString(document.InstanceID):
		return Instance{}, fmt.Errorf("identity document: instanceId is %q, want i- and 8 or 17 hex digits", document.InstanceID)
	case !regionShape.MatchString(document.Region):
		return Instance{}, fmt.Errorf("identity document: region is %q, want one such as eu-west-1", document.Region)
	case document.PendingTime.IsZero():
		return Instance{}, errors.New("identity document: pendingTime is missing, want when EC2 launched the instance")
	}
	for _, word := range []string{document.InstanceType, document.AvailabilityZone, document.ImageID} {
		if len(word) > maxWord || !wordShape.MatchString(word) {
			return Instance{}, fmt.Errorf("identity document: %q is none of EC2's names for a type, a zone or an image", word)
		}
	}
	return Instance{
		ID: document.InstanceID, Region: document.Region, LaunchedAt: document.PendingTime,
		Type: document.InstanceType, Zone: document.AvailabilityZone, Image: document.ImageID,
	}, nil
}

// UserData reads the instance's user data and, at the same time, its credentials: whoever reads the
// user data needs them next. Credentials that cannot be read are no error here. A role may reach
// its instance a moment after the boot, and they are asked for again when they are used.
func (m *Metadata) UserData(ctx context.Context) (assignment.UserData, error) {
	warmed := make(chan struct{})
	go func() {
		defer close(warmed)
		_, _ = m.credentials.Retrieve(ctx)
	}()
	defer func() { <-warmed }()
	body, err := m.Read(ctx, "user-data", assignment.MaxUserData)
	if err != nil {
		return assignment.UserData{}, fmt.Errorf("read the user data: %w", err)
	}
	return assignment.DecodeUserData(body)
}

// decode reads one JSON object and nothing after it. Fields that are not known are left alone: these
// documents are AWS's, who may add to them any day. An error has none of the body in it.
func decode(body []byte, into any) error {
	decoder := json.NewDecoder(bytes.NewReader(body))
	if err := decoder.Decode(into); err != nil {
		return fmt.Errorf("it is not the JSON object that it should be: %w", errShape)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return fmt.Errorf("there is more after the JSON object: %w", errShape)
	}
	return nil
}
