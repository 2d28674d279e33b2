package secret

import "bytes"

// view is a text as somebody reads it who undoes an encoding. At is where each byte of it stands in
// the text itself, and one more: where the view ends.
type view struct {
	text []byte
	at   []int // nil is where it stands

	encoded []byte // the text itself
	spare   []byte // one byte more than the view, before it
}

func (v view) offset(i int) int {
	if v.at == nil {
		return i
	}
	return v.at[i]
}

// views are a text as it is, and with its URL encoding undone: once, with + as it is, as in a path,
// and once with + as a space, as in a query. So a secret is found whichever of its bytes are encoded,
// in digits of either case, and its base64 forms are too. An escape that the text's end cuts off is in
// none but the first view.
func views(text []byte) []view {
	all := []view{{text: text}}
	if bytes.IndexByte(text, '%') >= 0 {
		all = append(all, unescaped(text, '+'))
	}
	if bytes.IndexByte(text, '+') >= 0 {
		all = append(all, unescaped(text, ' '))
	}
	return all
}

func unescaped(text []byte, plus byte) view {
	v := view{encoded: text, spare: make([]byte, 1, len(text)+1), at: make([]int, 0, len(text)+1)}
	end := len(text) - len(cutEscape(text))
	for i := 0; i < end; {
		v.at = append(v.at, i)
		switch b := text[i]; {
		case isEscape(text[i:]):
			v.spare = append(v.spare, digit(text[i+1])<<4|digit(text[i+2]))
			i += escapeBytes
		case b == '+':
			v.spare = append(v.spare, plus)
			i++
		default:
			v.spare = append(v.spare, b)
			i++
		}
	}
	v.at = append(v.at, end)
	v.text = v.spare[1:]
	return v
}

// escapeBytes is how long an escape is: % and two hexadecimal digits.
const escapeBytes = 3

// each looks at what begins at every byte of the text, if it is read from there on: i is where in the
// view, and at where in the text. Among these bytes are the digits of escapes, for a % may be no
// escape's: 5% and then a secret that begins with digits.
func (v view) each(look func(rest []byte, i, at int)) {
	for i := range v.text {
		look(v.text[i:], i, v.offset(i))
		if v.offset(i+1)-v.offset(i) == escapeBytes {
			v.eachDigit(i, look)
		}
	}
}

// eachDigit puts an escape's digits into the view while they are looked at.
func (v view) eachDigit(i int, look func(rest []byte, i, at int)) {
	at, window := v.at[i], v.spare[i:]
	before, decoded := window[0], window[1]
	window[0], window[1] = v.encoded[at+1], v.encoded[at+2]
	look(window, i-1, at+1)
	look(window[1:], i, at+2)
	window[0], window[1] = before, decoded
}

// isEscape says whether a text begins with % and two hexadecimal digits.
func isEscape(text []byte) bool {
	return len(text) >= 3 && text[0] == '%' && isDigit(text[1]) && isDigit(text[2])
}

// cutEscape is the end of a text that is the beginning of an escape, if it has one.
func cutEscape(text []byte) []byte {
	n := len(text)
	switch {
	case n >= 1 && text[n-1] == '%':
		return text[n-1:]
	case n >= 2 && text[n-2] == '%' && isDigit(text[n-1]):
		return text[n-2:]
	}
	return nil
}

func isDigit(b byte) bool {
	return '0' <= b && b <= '9' || 'a' <= b && b <= 'f' || 'A' <= b && b <= 'F'
}

// digit is the value of a hexadecimal digit.
func digit(b byte) byte {
	if b <= '9' {
		return b - '0'
	}
	return b&^0x20 - 'A' + 10
}
