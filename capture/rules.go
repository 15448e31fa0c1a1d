package capture

import (
	"encoding/binary"
	"fmt"
	"strconv"

	"github.com/gopostmortem/postmortem/capture/internal/image"
	"github.com/gopostmortem/postmortem/internal/model"
	"github.com/gopostmortem/postmortem/internal/rule"
	"github.com/gopostmortem/postmortem/mock"
)

// Rules for showing frames are text to the engine: it finds those of
// libraries, and says what is wrong with any as far as only it can know.

// rulesVariable is the name of a package variable, a string, in which a
// library gives rules without importing anything.
const rulesVariable = "postmortemRules"

const maxRuleVariables = 1000

// rules records the rules of the program and of its libraries.
func (c *run) rules() {
	for i := range c.r.Rules {
		c.rule(&c.r.Rules[i])
	}
	for _, s := range c.e.ruleVariables() {
		text, err := c.stringAt(s)
		if err != nil {
			c.lose("rules", mock.Unreadable, 1, s.Name+": "+err.Error())
		} else if text != "" {
			c.rule(&model.Rule{Origin: model.RuleLibrary, Name: s.Name, Text: text})
		}
	}
}

// ruleVariables looks for the variables of libraries in the executable, once.
func (e *Engine) ruleVariables() []image.Symbol {
	if !e.ruleVarsKnown {
		e.ruleVars, e.ruleVarsKnown = e.img.SymbolsNamed("."+rulesVariable, maxRuleVariables), true
	}
	return e.ruleVars
}

func (c *run) rule(r *model.Rule) {
	r.Problems = c.e.ruleProblems(r.Text)
	c.add(r)
}

// stringAt reads a string variable.
func (c *run) stringAt(s image.Symbol) (string, error) {
	if s.Size != 16 {
		return "", fmt.Errorf("a variable of %d bytes is no string", s.Size)
	}
	var head [16]byte
	if err := c.r.Mem.ReadMemory(head[:], s.Addr); err != nil {
		return "", err
	}
	at, n := binary.LittleEndian.Uint64(head[:]), binary.LittleEndian.Uint64(head[8:])
	if n > rule.MaxText {
		return "", fmt.Errorf("%d bytes are more than the %d that rules may have", n, rule.MaxText)
	}
	text := make([]byte, n)
	if n > 0 {
		if err := c.r.Mem.ReadMemory(text, at); err != nil {
			return "", err
		}
	}
	return string(text), nil
}

const (
	maxChecked = 200 // texts whose problems the engine remembers
	maxLookups = 500 // names that it looks up in all: each takes a millisecond in a large program
)

// ruleProblems names the functions and packages that rules are about and that
// the program does not have. Whether the text consists of rules is the reader's to find out.
func (e *Engine) ruleProblems(text string) []string {
	problems, ok := e.checked[text]
	if ok {
		return problems
	}
	rule.EachName(text, func(line int, name string) {
		if e.lookups++; e.lookups > maxLookups {
			return
		}
		if !e.img.Lines().Names(rule.Head(name), func(symbol string) bool { return rule.NewName(symbol).Is(name) }) {
			problems = append(problems, "line "+strconv.Itoa(line)+": the program has no function "+name)
		}
	})
	if e.checked == nil || len(e.checked) == maxChecked {
		e.checked = map[string][]string{}
	}
	e.checked[text] = problems
	return problems
}
