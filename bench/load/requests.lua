-- Requests for wrk, the same for every server: the text of a file with a key drawn anew each time put in place of
-- "{key}" (or of "{key64}", in base64). Keys are "key:" and twelve digits, uniform over the first `count`.
--
--   wrk ... -s requests.lua URL -- TEMPLATE COUNT SEED
--
-- Small requests are made before the clock starts, one for every key, so that a request costs one table look-up.

local pregenerateBytes = 512
local digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

local function base64(text)
  local out = {}
  for i = 1, #text, 3 do
    local a, b, c = text:byte(i, i + 2)
    local bits = a * 65536 + (b or 0) * 256 + (c or 0)
    for shift = 0, 3 do
      local at = math.floor(bits / 64 ^ (3 - shift)) % 64
      local missing = (shift == 2 and not b) or (shift == 3 and not c)
      out[#out + 1] = missing and '=' or digits:sub(at + 1, at + 1)
    end
  end
  return table.concat(out)
end

local function plain(text)
  return text
end

local function split(template)
  local from, to = template:find('{key64}', 1, true)
  if from then return template:sub(1, from - 1), template:sub(to + 1), base64 end
  from, to = template:find('{key}', 1, true)
  if from then return template:sub(1, from - 1), template:sub(to + 1), plain end
  error('the template has no place for a key')
end

function init(args)
  local file = assert(io.open(args[1], 'rb'))
  local head, tail, encode = split(file:read('*a'))
  file:close()
  local count = tonumber(args[2])
  math.randomseed(tonumber(args[3]))
  local random = math.random
  local function make(index)
    return head .. encode(string.format('key:%012d', index)) .. tail
  end
  if #head + #tail > pregenerateBytes then
    function request()
      return make(random(count) - 1)
    end
    return
  end
  local requests = {}
  for index = 1, count do requests[index] = make(index - 1) end
  function request()
    return requests[random(count)]
  end
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '\nresult {"requests":%d,"durationUs":%d,"bytes":%d,"p50Us":%d,"p99Us":%d,"maxUs":%d,' ..
      '"connectErrors":%d,"readErrors":%d,"writeErrors":%d,"statusErrors":%d,"timeouts":%d}\n',
    summary.requests, summary.duration, summary.bytes, latency:percentile(50), latency:percentile(99), latency.max,
    errors.connect, errors.read, errors.write, errors.status, errors.timeout))
end
