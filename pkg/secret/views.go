package secret

import "bytes"

// view is a text as somebody reads it who undoes an encoding. At is where each byte of it stands in
// the text itself, and one more: where the view ends.
type view struct {
	text []byte
	at   []int // nil is where it stands
}

func (v view) offset(i int) int {
	if v.at == nil {
		return i
	}
	return v.at[i]
}

// views are a text as it is, and with its URL encoding undone: once, with + as it is, as in a path,
// and once with + as a space, as in a query. So a secret is found whichever of its bytes are encoded,
// in digits of either case, and its base64 forms are too. Whole says that nothing comes after the
// text; else an escape that its end cuts off is in none but the first view.
func views(text []byte, whole bool) []view {
	all := []view{{text: text}}
	if bytes.IndexByte(text, '%') >= 0 {
		all = append(all, unescaped(text, '+', whole))
	}
	if bytes.IndexByte(text, '+') >= 0 {
		all = append(all, unescaped(text, ' ', whole))
	}
	return all
}

func unescaped(text []byte, plus byte, whole bool) view {
	v := view{text: make([]byte, 0, len(text)), at: make([]int, 0, len(text)+1)}
	end := len(text)
	if !whole {
		end -= len(cutEscape(text))
	}
	for i := 0; i < end; {
		v.at = append(v.at, i)
		switch b := text[i]; {
		case isEscape(text[i:]):
			v.text = append(v.text, digit(text[i+1])<<4|digit(text[i+2]))
			i += 3
		case b == '+':
			v.text = append(v.text, plus)
			i++
		default:
			v.text = append(v.text, b)
			i++
		}
	}
	v.at = append(v.at, end)
	return v
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

// beforeEscape is where to cut a text so that the cut goes through no escape.
func beforeEscape(text []byte, at int) int {
	for back := 1; back < 3 && back <= at; back++ {
		if isEscape(text[at-back:]) {
			return at - back
		}
	}
	return at
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
