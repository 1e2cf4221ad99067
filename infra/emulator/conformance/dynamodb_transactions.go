package conformance

// transact runs a transaction of the actions; token is a member with its comma, or empty.
func transact(token, actions, want string) dynamoStep {
	return dynamoStep{"TransactWriteItems", `{` + token + `"TransactItems":[` + actions + `]}`, want}
}

const (
	cancelled   = "TransactionCanceledException: Transaction cancelled, please refer cancellation reasons for specific reasons "
	checkFailed = `{"Code":"ConditionalCheckFailed","Message":"The conditional request failed"`
)

var dynamoTransactions = []dynamoCase{
	{"transactions/all four actions", []dynamoStep{
		row("1", `"n":{"N":"1"}`), row("2", ""), row("3", `"ok":{"BOOL":true}`),
		transact("", `
			{"Put":{"TableName":"$T","Item":{"pk":{"S":"p"},"sk":{"N":"4"}},"ConditionExpression":"attribute_not_exists(pk)"}},
			{"Update":{"TableName":"$T","Key":{"pk":{"S":"p"},"sk":{"N":"1"}},"UpdateExpression":"SET n = n + :n","ExpressionAttributeValues":{":n":{"N":"1"}}}},
			{"Delete":{"TableName":"$T","Key":{"pk":{"S":"p"},"sk":{"N":"2"}}}},
			{"ConditionCheck":{"TableName":"$T","Key":{"pk":{"S":"p"},"sk":{"N":"3"}},"ConditionExpression":"ok = :t","ExpressionAttributeValues":{":t":{"BOOL":true}}}}`, `{}`),
		{"Query", `{"TableName":"$T","KeyConditionExpression":"pk = :p","ExpressionAttributeValues":{":p":{"S":"p"}}}`,
			`{"Count":3,"ScannedCount":3,"Items":[{"pk":{"S":"p"},"sk":{"N":"1"},"n":{"N":"2"}},{"pk":{"S":"p"},"sk":{"N":"3"},"ok":{"BOOL":true}},{"pk":{"S":"p"},"sk":{"N":"4"}}]}`},
	}},
	{"transactions/nothing happens if one condition fails", []dynamoStep{
		row("1", `"n":{"N":"1"}`), row("5", ""),
		transact("", `
			{"Put":{"TableName":"$T","Item":{"pk":{"S":"p"},"sk":{"N":"2"}}}},
			{"Update":{"TableName":"$T","Key":{"pk":{"S":"p"},"sk":{"N":"1"}},"UpdateExpression":"SET n = :n","ConditionExpression":"n = :n","ExpressionAttributeValues":{":n":{"N":"2"}},"ReturnValuesOnConditionCheckFailure":"ALL_OLD"}},
			{"ConditionCheck":{"TableName":"$T","Key":{"pk":{"S":"p"},"sk":{"N":"3"}},"ConditionExpression":"attribute_exists(pk)","ReturnValuesOnConditionCheckFailure":"ALL_OLD"}},
			{"Delete":{"TableName":"$T","Key":{"pk":{"S":"p"},"sk":{"N":"4"}},"ConditionExpression":"attribute_not_exists(pk)"}},
			{"Delete":{"TableName":"$T","Key":{"pk":{"S":"p"},"sk":{"N":"5"}},"ConditionExpression":"attribute_not_exists(pk)","ReturnValuesOnConditionCheckFailure":"NONE"}}`,
			cancelled+`[None, ConditionalCheckFailed, ConditionalCheckFailed, None, ConditionalCheckFailed] | {"CancellationReasons":[{"Code":"None"},`+checkFailed+`,"Item":{"pk":{"S":"p"},"sk":{"N":"1"},"n":{"N":"1"}}},`+checkFailed+`},{"Code":"None"},`+checkFailed+`}]}`),
		{"Query", `{"TableName":"$T","KeyConditionExpression":"pk = :p","ExpressionAttributeValues":{":p":{"S":"p"}}}`,
			`{"Count":2,"ScannedCount":2,"Items":[{"pk":{"S":"p"},"sk":{"N":"1"},"n":{"N":"1"}},{"pk":{"S":"p"},"sk":{"N":"5"}}]}`},
	}},
	{"transactions/an update that cannot be made", []dynamoStep{
		row("1", `"n":{"S":"x"}`),
		transact("", `{"Put":{"TableName":"$T","Item":{"pk":{"S":"p"},"sk":{"N":"2"}}}},
			{"Update":{"TableName":"$T","Key":{"pk":{"S":"p"},"sk":{"N":"1"}},"UpdateExpression":"SET n = n + :n","ExpressionAttributeValues":{":n":{"N":"2"}}}}`,
			cancelled+`[None, ValidationError] | {"CancellationReasons":[{"Code":"None"},{"Code":"ValidationError","Message":"An operand in the update expression has an incorrect data type"}]}`),
		{"Scan", `{"TableName":"$T","Select":"COUNT"}`, `{"Count":1,"ScannedCount":1}`},
	}},
	{"transactions/token", []dynamoStep{
		transact(`"ClientRequestToken":"$T",`, `{"Update":{"TableName":"$T","Key":{"pk":{"S":"p"},"sk":{"N":"1"}},"UpdateExpression":"ADD n :n","ExpressionAttributeValues":{":n":{"N":"1"}}}}`, `{}`),
		transact(`"ClientRequestToken":"$T",`, `{"Update":{"ExpressionAttributeValues":{":n":{"N":"1"}},"UpdateExpression":"ADD n :n","TableName":"$T","Key":{"sk":{"N":"1"},"pk":{"S":"p"}}}}`, `{}`),
		transact(`"ClientRequestToken":"$T",`, `{"Update":{"TableName":"$T","Key":{"pk":{"S":"p"},"sk":{"N":"1"}},"UpdateExpression":"ADD n :n","ExpressionAttributeValues":{":n":{"N":"2"}}}}`, "IdempotentParameterMismatchException"),
		{"GetItem", `{"TableName":"$T","Key":{"pk":{"S":"p"},"sk":{"N":"1"}}}`, `{"Item":{"pk":{"S":"p"},"sk":{"N":"1"},"n":{"N":"1"}}}`},
	}},
	{"transactions/a cancelled one does not use up its token", []dynamoStep{
		transact(`"ClientRequestToken":"$T",`, `{"Put":{"TableName":"$T","Item":{"pk":{"S":"p"},"sk":{"N":"1"}},"ConditionExpression":"attribute_exists(pk)"}}`, cancelled+"[ConditionalCheckFailed]"),
		row("1", ""),
		transact(`"ClientRequestToken":"$T",`, `{"Put":{"TableName":"$T","Item":{"pk":{"S":"p"},"sk":{"N":"1"}},"ConditionExpression":"attribute_exists(pk)"}}`, `{}`),
	}},
	{"transactions/reads", []dynamoStep{
		row("1", `"a":{"N":"1"}`),
		{"TransactGetItems", `{"TransactItems":[{"Get":{"TableName":"$T","Key":{"pk":{"S":"p"},"sk":{"N":"1"}}}},{"Get":{"TableName":"$T","Key":{"pk":{"S":"p"},"sk":{"N":"2"}}}}]}`, `{"Responses":[{"Item":{"pk":{"S":"p"},"sk":{"N":"1"},"a":{"N":"1"}}},{}]}`},
		{"TransactGetItems", `{"TransactItems":[{"Get":{"TableName":"$T","Key":{"pk":{"S":"p"},"sk":{"N":"1"}},"ProjectionExpression":"a"}}]}`, `{"Responses":[{"Item":{"a":{"N":"1"}}}]}`},
		{"TransactGetItems", `{"TransactItems":[{"Get":{"TableName":"$T","Key":{"pk":{"S":"p"},"sk":{"N":"1"}}}},{"Get":{"TableName":"$T","Key":{"pk":{"S":"p"},"sk":{"N":"1"}}}}]}`,
			invalid + "Transaction request cannot include multiple operations on one item"},
	}},
}

var dynamoRefusedTransactions = []dynamoCase{
	{"transactions/refused", []dynamoStep{
		transact("", ``, "ValidationException"),
		transact("", `{}`, "ValidationException"),
		transact("", `{"Put":{"TableName":"$T","Item":{"pk":{"S":"p"},"sk":{"N":"1"}}},"Delete":{"TableName":"$T","Key":{"pk":{"S":"p"},"sk":{"N":"1"}}}}`, "ValidationException"),
		transact("", `{"Put":{"TableName":"$T","Item":{"pk":{"S":"p"},"sk":{"N":"1"}}}},{"Delete":{"TableName":"$T","Key":{"pk":{"S":"p"},"sk":{"N":"1.0"}}}}`, invalid+"Transaction request cannot include multiple operations on one item"),
		transact("", `{"Put":{"TableName":"$T-none","Item":{"pk":{"S":"p"},"sk":{"N":"1"}}}}`, "ResourceNotFoundException: Requested resource not found"),
		transact("", `{"Update":{"TableName":"$T","Key":{"pk":{"S":"p"},"sk":{"N":"1"}},"UpdateExpression":"SET a = :a"}}`, invalid+"Invalid UpdateExpression: An expression attribute value used in expression is not defined; attribute value: :a"),
		transact("", `{"Update":{"TableName":"$T","Key":{"pk":{"S":"p"},"sk":{"N":"1"}}}}`, "ValidationException"),
		transact("", `{"ConditionCheck":{"TableName":"$T","Key":{"pk":{"S":"p"},"sk":{"N":"1"}}}}`, "ValidationException"),
	}},
	{"transactions/what the schema refuses", []dynamoStep{
		transact("", `{"Put":{"TableName":"$T","Item":{"pk":{"S":"p"}}}}`, cancelled+`[ValidationError] | {"CancellationReasons":[{"Code":"ValidationError","Message":"One or more parameter values were invalid: Missing the key sk in the item"}]}`),
		transact("", `{"Delete":{"TableName":"$T","Key":{"pk":{"S":"p"}}}}`, cancelled+`[ValidationError] | {"CancellationReasons":[{"Code":"ValidationError","Message":"The provided key element does not match the schema"}]}`),
	}},
}

var dynamoBatches = []dynamoCase{
	{"batches/get", []dynamoStep{
		row("1", `"a":{"N":"1"}`), row("2", ""),
		{"BatchGetItem", `{"RequestItems":{"$T":{"Keys":[{"pk":{"S":"p"},"sk":{"N":"1"}},{"pk":{"S":"p"},"sk":{"N":"9"}}]}}}`, `{"Responses":{"$T":[{"pk":{"S":"p"},"sk":{"N":"1"},"a":{"N":"1"}}]},"UnprocessedKeys":{}}`},
		{"BatchGetItem", `{"RequestItems":{"$T":{"Keys":[{"pk":{"S":"p"},"sk":{"N":"1"}}],"ProjectionExpression":"#a","ExpressionAttributeNames":{"#a":"a"},"ConsistentRead":true}}}`, `{"Responses":{"$T":[{"a":{"N":"1"}}]},"UnprocessedKeys":{}}`},
		{"BatchGetItem", `{"RequestItems":{"$T":{"Keys":[{"pk":{"S":"p"},"sk":{"N":"9"}}]}}}`, `{"Responses":{"$T":[]},"UnprocessedKeys":{}}`},
		{"BatchGetItem", `{"RequestItems":{"$T":{"Keys":[{"pk":{"S":"p"},"sk":{"N":"1"}},{"pk":{"S":"p"},"sk":{"N":"1.0"}}]}}}`, invalid + "Provided list of item keys contains duplicates"},
		{"BatchGetItem", `{"RequestItems":{}}`, invalid + "The requestItems parameter is required for BatchGetItem"},
		{"BatchGetItem", `{"RequestItems":{"$T":{"Keys":[{"pk":{"S":"p"}}]}}}`, invalid + "The provided key element does not match the schema"},
		{"BatchGetItem", `{"RequestItems":{"$T-none":{"Keys":[{"pk":{"S":"p"}}]}}}`, "ResourceNotFoundException: Requested resource not found"},
	}},
}

var dynamoRefusals = []dynamoCase{
	{"refusals/tables", []dynamoStep{
		{"CreateTable", dynamoTable, "ResourceInUseException"},
		{"DescribeTable", `{"TableName":"$T-none"}`, "ResourceNotFoundException: Requested resource not found: Table: $T-none not found"},
		{"PutItem", `{"TableName":"bad table!@#","Item":{"pk":{"S":"p"},"sk":{"N":"1"}}}`, invalid + "1 validation error detected: Value 'bad table!@#' at 'tableName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+"},
		{"PutItem", `{"Item":{"pk":{"S":"p"},"sk":{"N":"1"}}}`, "ValidationException"},
		{"PutItem", `{"TableName":"$T","Item":{"pk":{"S":"p"},"sk":{"N":"1"}},"ReturnConsumedCapacity":"SOME"}`, "ValidationException"},
	}},
	{"refusals/time to live", []dynamoStep{
		{"DescribeTimeToLive", `{"TableName":"$T"}`, `{"TimeToLiveDescription":{"TimeToLiveStatus":"DISABLED"}}`},
		{"UpdateTimeToLive", `{"TableName":"$T","TimeToLiveSpecification":{"AttributeName":"expires","Enabled":true}}`, `{"TimeToLiveSpecification":{"AttributeName":"expires","Enabled":true}}`},
		{"DescribeTimeToLive", `{"TableName":"$T"}`, `{"TimeToLiveDescription":{"TimeToLiveStatus":"ENABLED","AttributeName":"expires"}}`},
		{"UpdateTimeToLive", `{"TableName":"$T","TimeToLiveSpecification":{"AttributeName":"expires","Enabled":true}}`, invalid + "TimeToLive is already enabled"},
	}},
}
