package secret

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"slices"
	"strconv"
)

// forms are the ways in which a secret stands in a text, apart from URL encoding, which [views] undo:
//
//   - as it is;
//   - between the quotes of Go or of JSON;
//   - in base64, in either alphabet, with or without padding;
//   - within something longer that was encoded in base64, at each of the three places in a group of
//     three bytes. The character at either end also holds bits of what stands beside the secret; it
//     is not part of the form, so up to four bits at either end of the secret stay.
func forms(plain []byte) [][]byte {
	all := [][]byte{bytes.Clone(plain)}
	quoted := strconv.AppendQuote(nil, string(plain))
	all = append(all, quoted[1:len(quoted)-1])
	for _, escapeHTML := range []bool{true, false} {
		all = append(all, inJSON(plain, escapeHTML))
	}
	for _, encoding := range []*base64.Encoding{base64.StdEncoding, base64.URLEncoding} {
		all = append(all, encoding.AppendEncode(nil, plain))
		encoding = encoding.WithPadding(base64.NoPadding)
		all = append(all, encoding.AppendEncode(nil, plain))
		for before := range 3 {
			all = append(all, within(encoding, plain, before))
		}
	}
	slices.SortFunc(all, bytes.Compare)
	return slices.CompactFunc(all, bytes.Equal)
}

// within is the part of a longer text's base64 that only the secret has made, if so many bytes stand
// before it in its group of three.
func within(encoding *base64.Encoding, plain []byte, before int) []byte {
	const bits = 6 // of one character
	encoded := encoding.AppendEncode(nil, append(make([]byte, before), plain...))
	from := (before*8 + bits - 1) / bits
	return encoded[from : (before+len(plain))*8/bits]
}

func inJSON(plain []byte, escapeHTML bool) []byte {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(escapeHTML)
	if err := encoder.Encode(string(plain)); err != nil {
		panic(err) // every string has a form in JSON
	}
	return b.Bytes()[1 : b.Len()-len("\"\n")]
}
