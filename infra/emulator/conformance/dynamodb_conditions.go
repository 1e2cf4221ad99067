package conformance

// holds asks a condition of the item that conditionItem puts; a write that changes nothing tells the answer.
func holds(want bool, condition, values string) dynamoStep {
	if values != "" {
		values = `,"ExpressionAttributeValues":{` + values + `}`
	}
	answer := failed
	if want {
		answer = `{}`
	}
	return dynamoStep{"UpdateItem", `{"TableName":"$T","Key":{"pk":{"S":"p"},"sk":{"N":"1"}},"ConditionExpression":"` + condition + `"` + values + `}`, answer}
}

// refuses asks a condition that is no condition.
func refuses(condition, values, want string) dynamoStep {
	s := holds(true, condition, values)
	s.want = want
	return s
}

var conditionItem = dynamoStep{"PutItem", `{"TableName":"$T","Item":{"pk":{"S":"p"},"sk":{"N":"1"},"s":{"S":"banana"},"n":{"N":"5"},"b":{"B":"AQI="},"t":{"BOOL":true},"z":{"NULL":true},
	"l":{"L":[{"S":"x"},{"N":"1"}]},"m":{"M":{"k":{"S":"v"}}},"ss":{"SS":["a","b"]},"ns":{"NS":["1","2"]}}}`, `{}`}

var dynamoConditions = []dynamoCase{
	{"conditions/comparisons", []dynamoStep{
		conditionItem,
		holds(true, "s = :v", `":v":{"S":"banana"}`),
		holds(false, "s <> :v", `":v":{"S":"banana"}`),
		holds(true, "n >= :v", `":v":{"N":"5.0"}`),
		holds(false, "n < :v", `":v":{"N":"5"}`),
		holds(true, "n < :v", `":v":{"N":"10"}`),
		holds(true, "s < :v", `":v":{"S":"bb"}`),
		holds(true, "b > :v", `":v":{"B":"AQE="}`),
		holds(false, "n < :v", `":v":{"S":"9"}`),
		holds(true, "n <> :v", `":v":{"S":"5"}`),
		holds(true, "t = :v", `":v":{"BOOL":true}`),
		holds(true, "m = :v", `":v":{"M":{"k":{"S":"v"}}}`),
		holds(true, "ss = :v", `":v":{"SS":["b","a"]}`),
		holds(true, "l[1] = :v", `":v":{"N":"1"}`),
		holds(false, "l[2] = :v", `":v":{"N":"1"}`),
		holds(true, "m.k = :v", `":v":{"S":"v"}`),
		holds(true, ":v = s", `":v":{"S":"banana"}`),
	}},
	{"conditions/absent attributes", []dynamoStep{
		conditionItem,
		holds(false, "absent = :v", `":v":{"S":"x"}`),
		holds(true, "absent <> :v", `":v":{"S":"x"}`),
		holds(false, "absent < :v", `":v":{"S":"x"}`),
		holds(true, "NOT absent < :v", `":v":{"S":"x"}`),
		holds(true, "attribute_not_exists(absent) AND attribute_exists(s)", ""),
		holds(false, "attribute_exists(m.absent)", ""),
		holds(false, "attribute_not_exists(pk)", ""),
	}},
	{"conditions/functions", []dynamoStep{
		conditionItem,
		holds(true, "begins_with(s, :v)", `":v":{"S":"ban"}`),
		holds(false, "begins_with(n, :v)", `":v":{"S":"5"}`),
		holds(true, "contains(s, :v)", `":v":{"S":"nan"}`),
		holds(true, "contains(ss, :v)", `":v":{"S":"a"}`),
		holds(false, "contains(ss, :v)", `":v":{"S":"c"}`),
		holds(true, "contains(ns, :v)", `":v":{"N":"2.0"}`),
		holds(true, "contains(l, :v)", `":v":{"N":"1"}`),
		holds(false, "contains(n, :v)", `":v":{"N":"5"}`),
		holds(true, "attribute_type(z, :v)", `":v":{"S":"NULL"}`),
		holds(false, "attribute_type(s, :v)", `":v":{"S":"N"}`),
		holds(true, "size(s) = :v", `":v":{"N":"6"}`),
		holds(true, "size(b) < :v AND size(l) < :v", `":v":{"N":"3"}`),
		holds(true, "size(ss) = :v", `":v":{"N":"2"}`),
		holds(true, "size(m) = :v", `":v":{"N":"1"}`),
		holds(false, "size(n) > :v", `":v":{"N":"0"}`),
	}},
	{"conditions/combinations", []dynamoStep{
		conditionItem,
		holds(true, "n BETWEEN :a AND :b", `":a":{"N":"5"},":b":{"N":"6"}`),
		holds(false, "n BETWEEN :a AND :b AND s = :a", `":a":{"N":"5"},":b":{"N":"6"}`),
		holds(true, "s IN (:a, :b)", `":a":{"S":"apple"},":b":{"S":"banana"}`),
		holds(false, "s IN (:a)", `":a":{"S":"apple"}`),
		holds(true, "n = :n OR n = :s AND s = :n", `":n":{"N":"5"},":s":{"S":"x"}`),
		holds(false, "(n = :n OR n = :s) AND s = :n", `":n":{"N":"5"},":s":{"S":"x"}`),
		holds(true, "not n = :s and not (n = :s or s = :n)", `":n":{"N":"5"},":s":{"S":"x"}`),
		holds(false, "NOT n = :n OR n = :s", `":n":{"N":"5"},":s":{"S":"x"}`),
	}},
	{"conditions/the absent item", []dynamoStep{
		holds(false, "attribute_exists(pk)", ""),
		holds(false, "s = :v", `":v":{"S":"x"}`),
		{"PutItem", `{"TableName":"$T","Item":{"pk":{"S":"p"},"sk":{"N":"1"}},"ConditionExpression":"attribute_not_exists(pk)"}`, `{}`},
		{"PutItem", `{"TableName":"$T","Item":{"pk":{"S":"p"},"sk":{"N":"1"}},"ConditionExpression":"attribute_not_exists(pk)"}`, failed},
		{"DeleteItem", `{"TableName":"$T","Key":{"pk":{"S":"p"},"sk":{"N":"2"}},"ConditionExpression":"attribute_exists(pk)"}`, failed},
	}},
	{"conditions/the old item in the refusal", []dynamoStep{
		{"PutItem", `{"TableName":"$T","Item":{"pk":{"S":"p"},"sk":{"N":"1"},"a":{"N":"1"}}}`, `{}`},
		{"PutItem", `{"TableName":"$T","Item":{"pk":{"S":"p"},"sk":{"N":"1"}},"ConditionExpression":"attribute_not_exists(pk)","ReturnValuesOnConditionCheckFailure":"ALL_OLD"}`, failed + ` | {"Item":{"pk":{"S":"p"},"sk":{"N":"1"},"a":{"N":"1"}}}`},
		{"UpdateItem", `{"TableName":"$T","Key":{"pk":{"S":"p"},"sk":{"N":"1"}},"ConditionExpression":"a = sk AND attribute_exists(absent)","ReturnValuesOnConditionCheckFailure":"ALL_OLD"}`, failed + ` | {"Item":{"pk":{"S":"p"},"sk":{"N":"1"},"a":{"N":"1"}}}`},
		{"DeleteItem", `{"TableName":"$T","Key":{"pk":{"S":"p"},"sk":{"N":"2"}},"ConditionExpression":"attribute_exists(pk)","ReturnValuesOnConditionCheckFailure":"ALL_OLD"}`, failed + ` | {}`},
		{"DeleteItem", `{"TableName":"$T","Key":{"pk":{"S":"p"},"sk":{"N":"1"}},"ConditionExpression":"attribute_not_exists(pk)"}`, failed + ` | {}`},
	}},
	{"conditions/what is none", []dynamoStep{
		refuses("", "", invalid+"Invalid ConditionExpression: The expression can not be empty;"),
		refuses("s = ", "", invalid+`Invalid ConditionExpression: Syntax error; token: "<EOF>", near: "= "`),
		refuses("s == :v", `":v":{"S":"x"}`, invalid+`Invalid ConditionExpression: Syntax error; token: "=", near: "== :v"`),
		refuses("name = :v", `":v":{"S":"x"}`, invalid+"Invalid ConditionExpression: Attribute name is a reserved keyword; reserved keyword: name"),
		refuses("s = :w", `":v":{"S":"x"}`, invalid+"Invalid ConditionExpression: An expression attribute value used in expression is not defined; attribute value: :w"),
		refuses("#s = :v", `":v":{"S":"x"}`, invalid+"Invalid ConditionExpression: An expression attribute name used in the document path is not defined; attribute name: #s"),
		refuses("s = :v", `":v":{"S":"x"},":w":{"S":"x"}`, invalid+"Value provided in ExpressionAttributeValues unused in expressions: keys: {:w}"),
		refuses("((s = :v))", `":v":{"S":"x"}`, invalid+"Invalid ConditionExpression: The expression has redundant parentheses;"),
		refuses("s = s", "", invalid+"Invalid ConditionExpression: The first operand must be distinct from the remaining operands for this operator or function; operator: =, first operand: [s]"),
		refuses("s < :v", `":v":{"BOOL":true}`, invalid+"Invalid ConditionExpression: Incorrect operand type for operator or function; operator: <, operand type: BOOL"),
		refuses("begins_with(s, :v)", `":v":{"N":"1"}`, invalid+"Invalid ConditionExpression: Incorrect operand type for operator or function; operator or function: begins_with, operand type: N"),
		refuses("nonsense(s)", "", invalid+"Invalid ConditionExpression: Invalid function name; function: nonsense"),
		refuses("attribute_exists(s, n)", "", invalid+"Invalid ConditionExpression: Incorrect number of operands for operator or function; operator or function: attribute_exists, number of operands: 2"),
		refuses("n BETWEEN :a AND :b", `":a":{"N":"6"},":b":{"N":"5"}`,
			invalid+"Invalid ConditionExpression: The BETWEEN operator requires upper bound to be greater than or equal to lower bound; lower bound operand: AttributeValue: {N:6}, upper bound operand: AttributeValue: {N:5}"),
		{"PutItem", `{"TableName":"$T","Item":{"pk":{"S":"p"},"sk":{"N":"1"}},"ExpressionAttributeValues":{":v":{"S":"x"}}}`, invalid + "ExpressionAttributeValues can only be specified when using expressions: ConditionExpression is null"},
		{"PutItem", `{"TableName":"$T","Item":{"pk":{"S":"p"},"sk":{"N":"1"}},"ConditionExpression":"attribute_exists(pk)","ExpressionAttributeNames":{"#u":"u"}}`, invalid + "Value provided in ExpressionAttributeNames unused in expressions: keys: {#u}"},
	}},
}
