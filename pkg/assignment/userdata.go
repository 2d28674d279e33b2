package assignment

import (
	"encoding/json"
	"errors"
	"fmt"
)

// UserData is what the instance's user data tells the agent: the same for every instance of a
// launch template, and no secret in it.
type UserData struct {
	Version       int      `json:"version"`
	Bucket        string   `json:"bucket"`
	RoleID        string   `json:"role_id"`               // AROA…, the first half of the instance's aws:userid
	S3Endpoint    string   `json:"s3_endpoint,omitempty"` // a URL; empty is AWS's own
	RunnerCommand []string `json:"runner_command"`        // what to start with the JIT config
	PowerOff      []string `json:"power_off,omitempty"`   // how to end the instance; empty where the agent's exit ends it
}

// EncodeUserData is the user data as an instance reads it.
func EncodeUserData(u UserData) ([]byte, error) {
	u.Version = Version
	if err := u.check(); err != nil {
		return nil, err
	}
	return json.Marshal(u)
}

// DecodeUserData reads an instance's user data, strictly.
func DecodeUserData(body []byte) (UserData, error) {
	var u UserData
	if err := decodeStrict(body, &u); err != nil {
		return UserData{}, fmt.Errorf("user data: %w", err)
	}
	if u.Version != Version {
		return UserData{}, fmt.Errorf("user data: version is %d, this agent reads %d: use an agent of the server's release", u.Version, Version)
	}
	return u, u.check()
}

func (u UserData) check() error {
	switch {
	case u.Bucket == "":
		return errors.New("user data: bucket is empty")
	case u.RoleID == "":
		return errors.New("user data: role_id is empty")
	case len(u.RunnerCommand) == 0:
		return errors.New("user data: runner_command is empty")
	}
	return nil
}
