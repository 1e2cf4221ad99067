package conformance

const (
	noItem   = `{}`
	failed   = "ConditionalCheckFailedException: The conditional request failed"
	invalid  = "ValidationException: "
	badParam = invalid + "One or more parameter values were invalid: "
)

var dynamoItems = []dynamoCase{
	{"items/put, get, delete", []dynamoStep{
		{"GetItem", `{"TableName":"$T","Key":{"pk":{"S":"p"},"sk":{"N":"1"}}}`, noItem},
		{"PutItem", `{"TableName":"$T","Item":{"pk":{"S":"p"},"sk":{"N":"1"},"a":{"S":"x"}}}`, `{}`},
		{"GetItem", `{"TableName":"$T","Key":{"pk":{"S":"p"},"sk":{"N":"1.0"}},"ConsistentRead":true}`, `{"Item":{"pk":{"S":"p"},"sk":{"N":"1"},"a":{"S":"x"}}}`},
		{"PutItem", `{"TableName":"$T","Item":{"pk":{"S":"p"},"sk":{"N":"1"}},"ReturnValues":"ALL_OLD"}`, `{"Attributes":{"pk":{"S":"p"},"sk":{"N":"1"},"a":{"S":"x"}}}`},
		{"DeleteItem", `{"TableName":"$T","Key":{"pk":{"S":"p"},"sk":{"N":"1"}},"ReturnValues":"ALL_OLD"}`, `{"Attributes":{"pk":{"S":"p"},"sk":{"N":"1"}}}`},
		{"DeleteItem", `{"TableName":"$T","Key":{"pk":{"S":"p"},"sk":{"N":"1"}},"ReturnValues":"ALL_OLD"}`, `{}`},
		{"GetItem", `{"TableName":"$T","Key":{"pk":{"S":"p"},"sk":{"N":"1"}}}`, noItem},
	}},
	{"items/every type comes back", []dynamoStep{
		{"PutItem", `{"TableName":"$T","Item":{"pk":{"S":"p"},"sk":{"N":"1"},"s":{"S":"é\u0000\"\\<"},"n":{"N":"-1.50"},"b":{"B":"AP8="},"t":{"BOOL":true},"f":{"BOOL":false},"z":{"NULL":true},
			"l":{"L":[{"S":""},{"L":[]},{"M":{}}]},"m":{"M":{"x":{"M":{"y":{"N":"2"}}}}},"ss":{"SS":["b","a"]},"ns":{"NS":["10","9"]},"bs":{"BS":["AA==","AQ=="]},"e":{"S":""},"eb":{"B":""}}}`, `{}`},
		{"GetItem", `{"TableName":"$T","Key":{"pk":{"S":"p"},"sk":{"N":"1"}}}`, `{"Item":{"pk":{"S":"p"},"sk":{"N":"1"},"s":{"S":"é\u0000\"\\<"},"n":{"N":"-1.5"},"b":{"B":"AP8="},"t":{"BOOL":true},"f":{"BOOL":false},"z":{"NULL":true},
			"l":{"L":[{"S":""},{"L":[]},{"M":{}}]},"m":{"M":{"x":{"M":{"y":{"N":"2"}}}}},"ss":{"SS":["a","b"]},"ns":{"NS":["9","10"]},"bs":{"BS":["AA==","AQ=="]},"e":{"S":""},"eb":{"B":""}}}`},
	}},
	{"items/projection", []dynamoStep{
		{"PutItem", `{"TableName":"$T","Item":{"pk":{"S":"p"},"sk":{"N":"1"},"m":{"M":{"x":{"N":"1"},"y":{"N":"2"}}},"l":{"L":[{"N":"0"},{"N":"1"},{"N":"2"}]}}}`, `{}`},
		{"GetItem", `{"TableName":"$T","Key":{"pk":{"S":"p"},"sk":{"N":"1"}},"ProjectionExpression":"m.x, l[2], l[0], nothing"}`, `{"Item":{"m":{"M":{"x":{"N":"1"}}},"l":{"L":[{"N":"0"},{"N":"2"}]}}}`},
		{"GetItem", `{"TableName":"$T","Key":{"pk":{"S":"p"},"sk":{"N":"1"}},"ProjectionExpression":"#m.#y","ExpressionAttributeNames":{"#m":"m","#y":"y"}}`, `{"Item":{"m":{"M":{"y":{"N":"2"}}}}}`},
		{"GetItem", `{"TableName":"$T","Key":{"pk":{"S":"p"},"sk":{"N":"1"}},"ProjectionExpression":"nothing"}`, `{"Item":{}}`},
		{"GetItem", `{"TableName":"$T","Key":{"pk":{"S":"p"},"sk":{"N":"1"}},"ProjectionExpression":"m, m.x"}`,
			invalid + "Invalid ProjectionExpression: Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [m], path two: [m, x]"},
		{"GetItem", `{"TableName":"$T","Key":{"pk":{"S":"p"},"sk":{"N":"1"}},"ProjectionExpression":"!!"}`, invalid + `Invalid ProjectionExpression: Syntax error; token: "!", near: "!!"`},
	}},
	{"items/keys must fit the schema", []dynamoStep{
		{"GetItem", `{"TableName":"$T","Key":{"pk":{"S":"p"}}}`, invalid + "The provided key element does not match the schema"},
		{"GetItem", `{"TableName":"$T","Key":{"pk":{"S":"p"},"sk":{"S":"1"}}}`, invalid + "The provided key element does not match the schema"},
		{"GetItem", `{"TableName":"$T","Key":{"pk":{"S":"p"},"sk":{"N":"1"},"x":{"N":"1"}}}`, invalid + "The provided key element does not match the schema"},
		{"PutItem", `{"TableName":"$T","Item":{"pk":{"S":"p"}}}`, badParam + "Missing the key sk in the item"},
		{"PutItem", `{"TableName":"$T","Item":{"pk":{"S":"p"},"sk":{"S":"1"}}}`, badParam + "Type mismatch for key sk expected: N actual: S"},
		{"PutItem", `{"TableName":"$T","Item":{"pk":{"S":""},"sk":{"N":"1"}}}`, invalid + "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty string value. Key: pk"},
		{"GetItem", `{"TableName":"$T-none","Key":{"pk":{"S":"p"},"sk":{"N":"1"}}}`, "ResourceNotFoundException: Requested resource not found"},
	}},
	{"items/index keys must fit the index", []dynamoStep{
		{"PutItem", `{"TableName":"$T","Item":{"pk":{"S":"p"},"sk":{"N":"1"},"g":{"N":"1"}}}`, badParam + "Type mismatch for Index Key g Expected: S Actual: N IndexName: all"},
		{"PutItem", `{"TableName":"$T","Item":{"pk":{"S":"p"},"sk":{"N":"1"},"g":{"S":""}}}`,
			invalid + "One or more parameter values are not valid. A value specified for a secondary index key is not supported. The AttributeValue for a key attribute cannot contain an empty string value. IndexName: all, IndexKey: g"},
		{"PutItem", `{"TableName":"$T","Item":{"pk":{"S":"p"},"sk":{"N":"1"},"g":{"S":"g"}}}`, `{}`},
		{"UpdateItem", `{"TableName":"$T","Key":{"pk":{"S":"p"},"sk":{"N":"1"}},"UpdateExpression":"SET g = :n","ExpressionAttributeValues":{":n":{"N":"1"}}}`, "ValidationException"},
	}},
	{"items/values must be whole", []dynamoStep{
		{"PutItem", `{"TableName":"$T","Item":{"pk":{"S":"p"},"sk":{"N":"1"},"a":{"SS":[]}}}`, badParam + "An string set  may not be empty"},
		{"PutItem", `{"TableName":"$T","Item":{"pk":{"S":"p"},"sk":{"N":"1"},"a":{"NS":[]}}}`, badParam + "An number set  may not be empty"},
		{"PutItem", `{"TableName":"$T","Item":{"pk":{"S":"p"},"sk":{"N":"1"},"a":{"L":[{"BS":[]}]}}}`, badParam + "Binary sets should not be empty"},
		{"PutItem", `{"TableName":"$T","Item":{"pk":{"S":"p"},"sk":{"N":"1"},"a":{"SS":["a","a"]}}}`, badParam + "Input collection [a, a] contains duplicates."},
		{"PutItem", `{"TableName":"$T","Item":{"pk":{"S":"p"},"sk":{"N":"1"},"a":{"NS":["1","1.0"]}}}`, "ValidationException"},
		{"PutItem", `{"TableName":"$T","Item":{"pk":{"S":"p"},"sk":{"N":"1"},"a":{"NULL":false}}}`, badParam + "Null attribute value types must have the value of true"},
		{"PutItem", `{"TableName":"$T","Item":{"pk":{"S":"p"},"sk":{"N":"1"},"a":{}}}`, invalid + "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"},
		{"PutItem", `{"TableName":"$T","Item":{"pk":{"S":"p"},"sk":{"N":"1"},"a":{"S":"a","N":"1"}}}`, invalid + "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes"},
		{"PutItem", `{"TableName":"$T","Item":{"pk":{"S":"p"},"sk":{"N":"1"},"a":{"S":1}}}`, "SerializationException"},
	}},
}

var dynamoNumbers = []dynamoCase{
	{"numbers/canonical form", []dynamoStep{
		{"PutItem", `{"TableName":"$T","Item":{"pk":{"S":"p"},"sk":{"N":"00042"},"a":{"N":"-0"},"b":{"N":"1.50e2"},"c":{"N":"1E-5"},"d":{"N":"12345678901234567890123456789012345678"},"e":{"N":"+.5"}}}`, `{}`},
		{"GetItem", `{"TableName":"$T","Key":{"pk":{"S":"p"},"sk":{"N":"42"}}}`,
			`{"Item":{"pk":{"S":"p"},"sk":{"N":"42"},"a":{"N":"0"},"b":{"N":"150"},"c":{"N":"0.00001"},"d":{"N":"12345678901234567890123456789012345678"},"e":{"N":"0.5"}}}`},
	}},
	{"numbers/limits", []dynamoStep{
		{"PutItem", `{"TableName":"$T","Item":{"pk":{"S":"p"},"sk":{"N":"9.9999999999999999999999999999999999999E+125"}}}`, `{}`},
		{"PutItem", `{"TableName":"$T","Item":{"pk":{"S":"p"},"sk":{"N":"-1E-130"}}}`, `{}`},
		{"PutItem", `{"TableName":"$T","Item":{"pk":{"S":"p"},"sk":{"N":"1E126"}}}`, invalid + "Number overflow. Attempting to store a number with magnitude larger than supported range"},
		{"PutItem", `{"TableName":"$T","Item":{"pk":{"S":"p"},"sk":{"N":"1E-131"}}}`, invalid + "Number underflow. Attempting to store a number with magnitude smaller than supported range"},
		{"PutItem", `{"TableName":"$T","Item":{"pk":{"S":"p"},"sk":{"N":"123456789012345678901234567890123456789"}}}`, invalid + "Attempting to store more than 38 significant digits in a Number"},
		{"PutItem", `{"TableName":"$T","Item":{"pk":{"S":"p"},"sk":{"N":"one"}}}`, invalid + "The parameter cannot be converted to a numeric value: one"},
		{"PutItem", `{"TableName":"$T","Item":{"pk":{"S":"p"},"sk":{"N":""}}}`, invalid + "The parameter cannot be converted to a numeric value"},
	}},
	{"numbers/order", []dynamoStep{
		{"PutItem", `{"TableName":"$T","Item":{"pk":{"S":"p"},"sk":{"N":"-1.5"}}}`, `{}`},
		{"PutItem", `{"TableName":"$T","Item":{"pk":{"S":"p"},"sk":{"N":"-1.52"}}}`, `{}`},
		{"PutItem", `{"TableName":"$T","Item":{"pk":{"S":"p"},"sk":{"N":"0"}}}`, `{}`},
		{"PutItem", `{"TableName":"$T","Item":{"pk":{"S":"p"},"sk":{"N":"1E-130"}}}`, `{}`},
		{"PutItem", `{"TableName":"$T","Item":{"pk":{"S":"p"},"sk":{"N":"-20"}}}`, `{}`},
		{"PutItem", `{"TableName":"$T","Item":{"pk":{"S":"p"},"sk":{"N":"9"}}}`, `{}`},
		{"PutItem", `{"TableName":"$T","Item":{"pk":{"S":"p"},"sk":{"N":"10"}}}`, `{}`},
		{"Query", `{"TableName":"$T","KeyConditionExpression":"pk = :p","ExpressionAttributeValues":{":p":{"S":"p"}},"Select":"COUNT"}`, `{"Count":7,"ScannedCount":7}`},
		{"Query", `{"TableName":"$T","KeyConditionExpression":"pk = :p AND sk < :n","ExpressionAttributeValues":{":p":{"S":"p"},":n":{"N":"0"}},"ProjectionExpression":"sk"}`,
			`{"Count":3,"ScannedCount":3,"Items":[{"sk":{"N":"-20"}},{"sk":{"N":"-1.52"}},{"sk":{"N":"-1.5"}}]}`},
		{"Query", `{"TableName":"$T","KeyConditionExpression":"pk = :p AND sk > :n","ExpressionAttributeValues":{":p":{"S":"p"},":n":{"N":"1e-130"}},"ProjectionExpression":"sk"}`,
			`{"Count":2,"ScannedCount":2,"Items":[{"sk":{"N":"9"}},{"sk":{"N":"10"}}]}`},
	}},
	{"numbers/exact arithmetic", []dynamoStep{
		{"PutItem", `{"TableName":"$T","Item":{"pk":{"S":"p"},"sk":{"N":"1"},"n":{"N":"0.1"},"big":{"N":"99999999999999999999999999999999999999"}}}`, `{}`},
		{"UpdateItem", `{"TableName":"$T","Key":{"pk":{"S":"p"},"sk":{"N":"1"}},"UpdateExpression":"SET n = n + :x","ExpressionAttributeValues":{":x":{"N":"0.2"}},"ReturnValues":"UPDATED_NEW"}`, `{"Attributes":{"n":{"N":"0.3"}}}`},
		{"UpdateItem", `{"TableName":"$T","Key":{"pk":{"S":"p"},"sk":{"N":"1"}},"UpdateExpression":"SET big = big - :x","ExpressionAttributeValues":{":x":{"N":"1"}},"ReturnValues":"UPDATED_NEW"}`, `{"Attributes":{"big":{"N":"99999999999999999999999999999999999998"}}}`},
		{"UpdateItem", `{"TableName":"$T","Key":{"pk":{"S":"p"},"sk":{"N":"1"}},"UpdateExpression":"ADD big :x","ExpressionAttributeValues":{":x":{"N":"0.5"}}}`, "ValidationException"},
	}},
}
