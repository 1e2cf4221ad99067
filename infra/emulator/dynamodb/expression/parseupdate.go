package expression

import "strings"

// Update parses an UpdateExpression.
func (s *Scope) Update(text string) (*Update, error) {
	u := &Update{}
	err := s.parse("UpdateExpression", text, func(p *parser) {
		seen := map[string]bool{}
		for p.peek().kind != endToken {
			p.section(u, seen)
		}
		p.distinct(u.Paths())
	})
	return u, err
}

func (p *parser) section(u *Update, seen map[string]bool) {
	word := strings.ToUpper(p.peek().text)
	if p.peek().kind != wordToken || !strings.Contains(" SET REMOVE ADD DELETE ", " "+word+" ") {
		p.syntax()
	}
	if seen[word] {
		p.refuse("The \"%s\" section can only be used once in an update expression;", word)
	}
	seen[word] = true
	p.take()
	switch word {
	case "SET":
		u.sets = list(p, p.assignment)
	case "REMOVE":
		u.removes = list(p, p.path)
	case "ADD":
		u.adds = list(p, func() change { return p.change(word, "N", "SS", "NS", "BS") })
	case "DELETE":
		u.deletes = list(p, func() change { return p.change(word, "SS", "NS", "BS") })
	}
}

func (p *parser) assignment() assignment {
	path := p.path()
	p.expect("=")
	left := p.term()
	for _, operator := range []string{"+", "-"} {
		if p.symbol(operator) {
			right := p.term()
			p.literalTerm(operator, left, "N")
			p.literalTerm(operator, right, "N")
			return assignment{path, sum{left, right, operator == "-"}}
		}
	}
	return assignment{path, left}
}

func (p *parser) term() term {
	if !p.atCall() {
		return read{p.operand()}
	}
	switch name := p.take().text; name {
	case "if_not_exists":
		p.expect("(")
		path := p.path()
		p.expect(",")
		t := ifNotExists{path, p.term()}
		p.expect(")")
		return t
	case "list_append":
		p.expect("(")
		first := p.term()
		p.expect(",")
		second := p.term()
		p.expect(")")
		p.literalTerm(name, first, "L")
		p.literalTerm(name, second, "L")
		return listAppend{first, second}
	default:
		p.misplaced(name)
		return nil
	}
}

func (p *parser) literalTerm(name string, t term, kind string) {
	if r, ok := t.(read); ok {
		role := "operator"
		if name == "list_append" {
			role = "operator or function"
		}
		p.typed(role, name, r.from, kind)
	}
}

func (p *parser) change(word string, types ...string) change {
	path := p.path()
	if p.peek().kind != valueToken {
		p.syntax()
	}
	l := p.value(p.take())
	p.typed("operator", word, l, types...)
	return change{path, l.Value}
}
