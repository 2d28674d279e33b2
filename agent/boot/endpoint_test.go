package boot

import "testing"

func TestOnlyEC2sAddressesAndThisMachineAreEndpoints(t *testing.T) {
	for text, want := range map[string]Endpoint{
		"":                        {"http://169.254.169.254", true},
		"http://169.254.169.254":  {"http://169.254.169.254", true},
		"http://169.254.169.254/": {"http://169.254.169.254", true},
		"http://[fd00:ec2::254]":  {"http://[fd00:ec2::254]", true},
		"http://127.0.0.1:4711":   {"http://127.0.0.1:4711", false},
		"http://127.1.2.3":        {"http://127.1.2.3", false},
		"http://[::1]:80":         {"http://[::1]:80", false},
	} {
		if got, err := ParseEndpoint(text); err != nil || got != want {
			t.Errorf("ParseEndpoint(%q): got %+v, %v, want %+v", text, got, err, want)
		}
	}
	for _, text := range []string{
		"http://10.0.0.1", "http://evil.example", "http://localhost", "http://169.254.169.254.evil.example",
		"http://user@169.254.169.254", "http://169.254.169.254@evil.example", "https://169.254.169.254",
		"http://169.254.169.254/latest", "http://169.254.169.254?x=y", "http://169.254.169.254#x", "http://169.254.169.253",
		"169.254.169.254", "http://", "http://[::1%25eth0]", "http://0.0.0.0", "http://[fd00:ec2::255]", "://", "file:///etc",
	} {
		if got, err := ParseEndpoint(text); err == nil {
			t.Errorf("ParseEndpoint(%q): got %+v, want an error", text, got)
		}
	}
}
