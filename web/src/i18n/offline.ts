/** Words of filing without a network: what waits on the device, and what was refused when it came. */
export const offlineVi = {
  photo_waits: "Chờ mạng", photo_refused: "Không được nhận", photo_gone: "Máy này không còn giữ ảnh đó. Hãy bỏ ảnh hoặc chọn lại.", photos_lost: "{code}: {n} ảnh không còn trên máy nên chưa gửi được.",
  kept_title: "Đã giữ trên máy này", kept_lead: "Chưa có mạng. Phản ánh cùng ảnh sẽ tự gửi khi có mạng lại, kể cả khi bạn đóng trang rồi mở lại sau.",
  kept_list: "Xem phản ánh đang chờ", kept_photos: "{n} ảnh",
  waiting_title: "Chờ gửi", waiting_lead: "Chỉ có trên máy này. Đừng xoá dữ liệu trình duyệt trước khi gửi xong.", waiting_now: "Gửi ngay", waiting_sending: "Đang gửi…", waiting_still: "Chưa có mạng. Sẽ tự gửi lại.",
  waiting_state: "Chờ mạng", waiting_refused: "Không được nhận", waiting_fix: "Sửa và gửi lại", waiting_drop: "Bỏ", waiting_drop_title: "Bỏ phản ánh này?", waiting_drop_sure: "Phản ánh và ảnh chưa tới được thành phố sẽ bị xoá khỏi máy này.", waiting_dropped: "Đã bỏ",
  waiting_what: "Sửa điều được nêu rồi gửi lại, hoặc bỏ.", waiting_replace: "Bản nháp đang viết dở sẽ bị thay bằng phản ánh này. Tiếp tục?",
  waiting_some: "{n} phản ánh đang chờ gửi.", waiting_some_refused: "{n} phản ánh không được nhận khi gửi.", waiting_see: "Xem", handed_refused: "{n} phản ánh không được nhận. Xem ở mục “Của tôi”.",
  place_kept: "Đã đặt ghim. Phường, xã sẽ được xác định khi gửi.",
};
export const offlineEn: Record<keyof typeof offlineVi, string> = {
  photo_waits: "Waits for a network", photo_refused: "Not taken", photo_gone: "This device no longer has that photo. Remove it or choose it again.", photos_lost: "{code}: {n} photos are no longer on this device and could not be sent.",
  kept_title: "Kept on this device", kept_lead: "There is no network. The report goes out with its photos as soon as there is one, also when you close this page and open it later.",
  kept_list: "See what waits", kept_photos: "{n} photos",
  waiting_title: "Waiting to be sent", waiting_lead: "Only on this device. Do not clear the browser's data before they are sent.", waiting_now: "Send now", waiting_sending: "Sending…", waiting_still: "No network yet. It is tried again by itself.",
  waiting_state: "Waits for a network", waiting_refused: "Not taken", waiting_fix: "Correct and send again", waiting_drop: "Discard", waiting_drop_title: "Discard this report?", waiting_drop_sure: "The report and its photos have not reached the city and are deleted from this device.", waiting_dropped: "Discarded",
  waiting_what: "Correct what is named and send it again, or discard it.", waiting_replace: "The draft you are writing is replaced by this report. Go on?",
  waiting_some: "{n} reports wait to be sent.", waiting_some_refused: "{n} reports were not taken when they were sent.", waiting_see: "See", handed_refused: "{n} reports were not taken. See “Mine”.",
  place_kept: "Pinned. The ward is found when it is sent.",
};
