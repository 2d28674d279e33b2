package demo

import (
	"slices"
	"strings"
	"unicode"

	"github.com/mattn/go-runewidth"
)

// grid is a table of text. Its last column is not filled up.
type grid struct {
	cells [][]string // the first line has the titles
	right int        // the column that is aligned to the right
	give  []give     // what is given up, one after the other, until the table fits
}

// give is how narrow a column may become; 0 is that it may go.
type give struct{ column, to int }

// gap is between two columns.
const gap = 2

// lines is the table, in lines of at most so many columns; 0 is any width. Look paints a cell.
func (g grid) lines(width int, look func(line, column int, text string) string) []string {
	widths := g.widths(width)
	out := make([]string, len(g.cells))
	for n, line := range g.cells {
		var shown []string
		for i, cell := range line {
			if widths[i] == 0 {
				continue
			}
			text := runewidth.Truncate(cell, widths[i], "…")
			padding := strings.Repeat(" ", widths[i]-runewidth.StringWidth(text))
			switch text = look(n, i, text); {
			case i == g.right:
				text = padding + text
			case i < len(line)-1:
				text += padding
			}
			shown = append(shown, text)
		}
		out[n] = strings.TrimRight(strings.Join(shown, strings.Repeat(" ", gap)), " ")
	}
	return out
}

// widths are as much as the cells need, or less, so that the table fits.
func (g grid) widths(most int) []int {
	need := make([]int, len(g.cells[0]))
	for _, line := range g.cells {
		for i, cell := range line {
			need[i] = max(need[i], runewidth.StringWidth(cell))
		}
	}
	widths := append([]int(nil), need...)
	for _, give := range g.give {
		over := total(widths) - most
		switch {
		case most == 0 || over <= 0:
		case give.to == 0:
			widths[give.column] = 0
		default:
			widths[give.column] = min(widths[give.column], max(give.to, widths[give.column]-over))
		}
	}
	for _, give := range slices.Backward(g.give) { // what went may have made room
		if i := give.column; most > 0 && widths[i] > 0 {
			widths[i] = max(widths[i], min(need[i], widths[i]+most-total(widths)))
		}
	}
	return widths
}

func total(widths []int) int {
	sum := -gap
	for _, width := range widths {
		if width > 0 {
			sum += width + gap
		}
	}
	return sum
}

// printable leaves out what has no look: a terminal may take it for a command.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsPrint(r):
			return r
		case unicode.IsSpace(r):
			return ' '
		}
		return -1
	}, text)
}
