package localcloud

import (
	"encoding/base64"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
)

const (
	hexDigits = "0123456789abcdef"
	base32    = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
	base62    = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
)

// letters is n letters of an alphabet.
func letters(random *rand.Rand, alphabet string, n int) string {
	text := make([]byte, n)
	for i := range text {
		text[i] = alphabet[random.IntN(len(alphabet))]
	}
	return string(text)
}

// digest is a number that stands for things.
func digest(things ...any) uint64 {
	sum := fnv.New64a()
	_, _ = fmt.Fprintln(sum, things...)
	return sum.Sum64()
}

// uuid is an id as EventBridge and CreateFleet write theirs.
func uuid(random *rand.Rand) string {
	d := letters(random, hexDigits, 32)
	return fmt.Sprintf("%s-%s-%s-%s-%s", d[:8], d[8:12], d[12:16], d[16:20], d[20:])
}

// keys are AWS credentials.
type keys struct{ id, secret, token string }

// newKeys makes credentials whose id starts as AWS's do: AKIA for ever, ASIA for a while.
func newKeys(random *rand.Rand, prefix string) keys {
	return keys{id: prefix + letters(random, base32, 16), secret: letters(random, base62, 40)}
}

// newSessionKeys makes the credentials of a role, which have a session token too.
func newSessionKeys(random *rand.Rand) keys {
	k := newKeys(random, "ASIA")
	k.token = base64.StdEncoding.EncodeToString([]byte(letters(random, base62, 96)))
	return k
}
