-- Requests for wrk, the same for every server: the text of a file with a key drawn anew each time put in place of
-- "{key}" (or of "{key64}", in base64). Keys are "key:" and twelve digits, uniform over the first `count`.
--
--   wrk ... -s requests.lua URL -- TEMPLATE COUNT SEED
--
-- The generator must cost less than the servers it drives: the request lies ready in a buffer, digits are written into
-- it three at a time from a table, and the buffer becomes a string. (A million strings made beforehand cost more: none
-- of them is in the processor's cache when its turn comes.)

local ffi = require('ffi')
local letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

local function base64(text)
  local out = {}
  for i = 1, #text, 3 do
    local a, b, c = text:byte(i, i + 2)
    local bits = a * 65536 + (b or 0) * 256 + (c or 0)
    for shift = 0, 3 do
      local at = math.floor(bits / 64 ^ (3 - shift)) % 64
      local missing = (shift == 2 and not b) or (shift == 3 and not c)
      out[#out + 1] = missing and '=' or letters:sub(at + 1, at + 1)
    end
  end
  return table.concat(out)
end

-- The bytes of make(0), make(1), ... one after the other.
local function bytesOf(count, make)
  local parts = {}
  for i = 0, count - 1 do parts[i + 1] = make(i) end
  local text = table.concat(parts)
  local bytes = ffi.new('uint8_t[?]', #text)
  ffi.copy(bytes, text, #text)
  return bytes
end

-- The first key's request in a buffer, and where its key begins.
local function bufferOf(template, place, key)
  local from, to = template:find(place, 1, true)
  if not from then return end
  local text = template:sub(1, from - 1) .. key .. template:sub(to + 1)
  return bytesOf(1, function() return text end), #text, from - 1
end

local function plainRequests(template, draw)
  local buffer, length, at = bufferOf(template, '{key}', 'key:000000000000')
  if not buffer then return end
  local three = bytesOf(1000, function(i) return string.format('%03d', i) end)
  return function()
    local rest = draw()
    for to = at + 13, at + 4, -3 do
      local low = rest % 1000
      rest = (rest - low) / 1000
      buffer[to], buffer[to + 1], buffer[to + 2] = three[3 * low], three[3 * low + 1], three[3 * low + 2]
    end
    return ffi.string(buffer, length)
  end
end

-- In base64 three bytes are four letters: "key", then ":" and two digits, three times three digits, the last digit.
local function base64Requests(template, draw)
  local buffer, length, at = bufferOf(template, '{key64}', base64('key:000000000000'))
  if not buffer then return end
  local colonTwo = bytesOf(100, function(i) return base64(string.format(':%02d', i)) end)
  local three = bytesOf(1000, function(i) return base64(string.format('%03d', i)) end)
  local last = bytesOf(10, function(i) return base64(tostring(i)) end)
  local function put(to, from, i)
    for j = 0, 3 do buffer[at + to + j] = from[4 * i + j] end
  end
  return function()
    local index = draw()
    local digit = index % 10
    local rest = (index - digit) / 10
    put(20, last, digit)
    for to = 16, 8, -4 do
      local low = rest % 1000
      rest = (rest - low) / 1000
      put(to, three, low)
    end
    put(4, colonTwo, rest)
    return ffi.string(buffer, length)
  end
end

function init(args)
  local file = assert(io.open(args[1], 'rb'))
  local template = file:read('*a')
  file:close()
  local count = tonumber(args[2])
  math.randomseed(tonumber(args[3]))
  local random = math.random
  local function draw()
    return random(count) - 1
  end
  request = plainRequests(template, draw) or base64Requests(template, draw)
  assert(request, 'the template has no place for a key')
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '\nresult {"requests":%d,"durationUs":%d,"bytes":%d,"p50Us":%d,"p99Us":%d,"maxUs":%d,' ..
      '"connectErrors":%d,"readErrors":%d,"writeErrors":%d,"statusErrors":%d,"timeouts":%d}\n',
    summary.requests, summary.duration, summary.bytes, latency:percentile(50), latency:percentile(99), latency.max,
    errors.connect, errors.read, errors.write, errors.status, errors.timeout))
end
