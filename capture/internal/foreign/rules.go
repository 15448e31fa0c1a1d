package foreign

// How the caller's registers are found at an instruction: the table's entry is
// a program that sets up one rule a register, up to that instruction.

// Register numbers of DWARF on amd64; the return address counts as one.
const (
	rbx, rbp, rsp, r12, r15, ra = 3, 6, 7, 12, 15, 16

	registers = 17
)

// rule tells where the caller's value of a register is.
type rule struct {
	kind ruleKind
	off  int64
}

type ruleKind uint8

const (
	unset ruleKind = iota // as the ABI has it
	same
	undefined
	saved  // at CFA+off
	offset // is CFA+off
	hidden // an expression, which is not worked out
)

// row is the rules at an instruction.
type row struct {
	cfaReg uint64
	cfaOff int64
	opaque bool // the CFA is an expression
	regs   [registers]rule
}

// maxStates bounds the rows that a program remembers.
const maxStates = 64

// machine runs an entry's programs.
type machine struct {
	e       *entry
	row     row
	initial row // what the CIE's program set up
	states  []row
	at      uint64
	bad     bool
}

// rulesAt gives the rules at an instruction.
func (e *entry) rulesAt(pc uint64) (row, error) {
	m := &machine{e: e, at: e.start}
	m.run(e.initial, ^uint64(0))
	m.initial = m.row
	m.run(e.own, pc)
	if m.bad {
		return row{}, errTable
	}
	return m.row, nil
}

// run runs a program up to the rules for pc.
func (m *machine) run(program []byte, pc uint64) {
	c := &cursor{b: program}
	for len(c.b) > 0 && !c.bad && !m.bad {
		op := c.u8()
		low := uint64(op & 0x3f)
		switch op >> 6 {
		case 1: // DW_CFA_advance_loc
			m.at += low * m.e.codeAlign
		case 2: // DW_CFA_offset
			m.set(low, saved, int64(c.uleb())*m.e.dataAlign)
		case 3: // DW_CFA_restore
			m.restore(low)
		default:
			m.extended(op, c)
		}
		if m.at > pc {
			return
		}
	}
	m.bad = m.bad || c.bad
}

func (m *machine) set(reg uint64, kind ruleKind, off int64) {
	if reg < registers {
		m.row.regs[reg] = rule{kind, off}
	}
}

func (m *machine) restore(reg uint64) {
	if reg < registers {
		m.row.regs[reg] = m.initial.regs[reg]
	}
}

// extended runs an instruction that has no operand in its code: DW_CFA_…
func (m *machine) extended(op byte, c *cursor) {
	align := m.e.dataAlign
	switch op {
	case 0x00: // nop
	case 0x02: // advance_loc1
		m.at += uint64(c.u8()) * m.e.codeAlign
	case 0x03: // advance_loc2
		m.at += c.fixed(2) * m.e.codeAlign
	case 0x04: // advance_loc4
		m.at += c.fixed(4) * m.e.codeAlign
	case 0x05: // offset_extended
		m.set(c.uleb(), saved, int64(c.uleb())*align)
	case 0x06: // restore_extended
		m.restore(c.uleb())
	case 0x07: // undefined
		m.set(c.uleb(), undefined, 0)
	case 0x08: // same_value
		m.set(c.uleb(), same, 0)
	case 0x09: // register
		m.set(c.uleb(), hidden, int64(c.uleb()))
	case 0x0a: // remember_state
		if len(m.states) == maxStates {
			m.bad = true
			return
		}
		m.states = append(m.states, m.row)
	case 0x0b: // restore_state
		if n := len(m.states); n > 0 {
			m.row, m.states = m.states[n-1], m.states[:n-1]
		}
	case 0x0c: // def_cfa
		m.cfa(c.uleb(), int64(c.uleb()))
	case 0x0d: // def_cfa_register
		m.cfa(c.uleb(), m.row.cfaOff)
	case 0x0e: // def_cfa_offset
		m.cfa(m.row.cfaReg, int64(c.uleb()))
	case 0x0f: // def_cfa_expression
		c.skip(c.uleb())
		m.row.opaque = true
	case 0x10, 0x16: // expression, val_expression
		m.set(c.uleb(), hidden, 0)
		c.skip(c.uleb())
	case 0x11: // offset_extended_sf
		m.set(c.uleb(), saved, c.sleb()*align)
	case 0x12: // def_cfa_sf
		m.cfa(c.uleb(), c.sleb()*align)
	case 0x13: // def_cfa_offset_sf
		m.cfa(m.row.cfaReg, c.sleb()*align)
	case 0x14: // val_offset
		m.set(c.uleb(), offset, int64(c.uleb())*align)
	case 0x2e: // GNU_args_size
		c.uleb()
	default:
		m.bad = true
	}
}

func (m *machine) cfa(reg uint64, off int64) {
	m.row.cfaReg, m.row.cfaOff, m.row.opaque = reg, off, false
}
