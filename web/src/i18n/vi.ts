import { accountVi } from "./account";
import { dataVi } from "./data";
import { deskVi } from "./desk";
import { iocVi } from "./ioc";
import { offlineVi } from "./offline";

export const vi = {
  ...accountVi,
  ...dataVi,
  ...deskVi,
  ...iocVi,
  ...offlineVi,
  brand: "Hiện Trường",
  skip: "Tới nội dung chính",
  language: "Ngôn ngữ", theme: "Giao diện", theme_light: "Sáng", theme_dark: "Tối", theme_auto: "Theo máy",
  close: "Đóng", cancel: "Huỷ", save: "Lưu", send: "Gửi", back: "Quay lại", retry: "Thử lại", more: "Xem thêm", open: "Mở", remove: "Bỏ", all: "Tất cả",
  yes: "Có", no: "Không", confirm: "Đồng ý", copy: "Sao chép", copied: "Đã sao chép", share: "Chia sẻ", optional: "không bắt buộc", required: "bắt buộc",
  loading: "Đang tải…", nothing: "Chưa có gì ở đây.", choose: "Chọn…",
  error_network: "Không kết nối được. Kiểm tra mạng rồi thử lại.", error_unknown: "Có lỗi ngoài ý muốn. Hãy thử lại.", error_map: "Máy này không vẽ được bản đồ (thiếu WebGL).",

  status_received: "Đã tiếp nhận", status_assigned: "Đã chuyển đơn vị", status_in_progress: "Đang xử lý", status_waiting: "Chờ bổ sung",
  status_resolved: "Đã xử lý", status_closed: "Đã đóng", status_rejected: "Từ chối",
  priority_1: "Khẩn cấp", priority_2: "Cao", priority_3: "Thường", priority_4: "Thấp",
  overdue: "Quá hạn", due: "Hạn xử lý", left: "còn {time}", late: "quá hạn {time}", no_due: "Không có hạn", due_now: "đến hạn",
  time_ago: "{time} trước", just_now: "vừa xong", days: "{n} ngày", hours: "{n} giờ", minutes: "{n} phút", seconds: "{n} giây",

  nav_public: "Trang chung", nav_app: "Gửi phản ánh", nav_mine: "Của tôi", nav_desk: "Bàn xử lý", nav_admin: "Quản trị", nav_ioc: "Trung tâm điều hành",
  staff_only: "Dành cho cán bộ",

  home_title: "Thấy điều chưa ổn trên phố? Chụp lại, gửi đi, theo dõi đến khi xong.",
  home_lead: "Phản ánh của bạn đến thẳng đơn vị phụ trách, có hạn xử lý rõ ràng, và chỉ khép lại khi có kết quả.",
  home_send: "Gửi phản ánh", home_find: "Tìm phản ánh của tôi", home_code: "Mã phản ánh", home_code_hint: "Ví dụ: H7K-9M2R. Mã có trong tin xác nhận khi bạn gửi.",
  home_search: "Tìm", home_not_found: "Không có phản ánh nào mang mã {code}. Kiểm tra lại từng ký tự giúp nhé.", home_bad_code: "Mã gồm 7 hoặc 8 chữ và số, ví dụ H7K-9M2R.",
  home_map: "Những việc đang được xử lý", home_map_lead: "{n} việc đang mở trong thành phố",
  home_how1: "Chụp", home_how1_text: "Một tấm ảnh nói đủ: cái gì, ở đâu.", home_how2: "Gửi", home_how2_text: "Hệ thống tự tìm phường và đơn vị phụ trách.", home_how3: "Theo dõi", home_how3_text: "Có hạn xử lý, ảnh kết quả, và bạn là người chấm.",
  home_footer: "Hoạt động trên máy chủ của thành phố. Không theo dõi, không quảng cáo.",

  legend_overdue: "Viền đỏ: quá hạn", legend_cluster: "Số: nhiều việc ở gần nhau",
  map_label: "Bản đồ", map_zoom_in: "Phóng to", map_zoom_out: "Thu nhỏ", map_home: "Toàn thành phố", map_locate: "Vị trí của tôi",
  map_approx: "Ranh giới phường, xã là gần đúng", map_land: "Nền: Natural Earth", sea: "Biển Đông",
  hoang_sa: "Quần đảo Hoàng Sa\n(Việt Nam)", truong_sa: "Quần đảo Trường Sa\n(Việt Nam)",

  app_title: "Gửi phản ánh", app_lead: "Bốn bước ngắn. Không cần tài khoản.",
  step_photo: "Ảnh hiện trường", step_place: "Ở đâu?", step_what: "Chuyện gì?", step_send: "Liên hệ",
  photo_add: "Chụp hoặc chọn ảnh, video", photo_more: "Thêm ảnh", photo_hint: "Ảnh rõ giúp xử lý nhanh hơn. Tối đa {n} ảnh hoặc video ngắn. Tránh chụp mặt người và biển số nếu không cần.",
  photo_required: "Loại phản ánh này cần ít nhất một ảnh.", photo_located: "Đã lấy vị trí từ ảnh.", photo_uploading: "Đang tải {share}%", photo_failed: "Chưa tải được", photo_pending: "Đang chuẩn bị ảnh…", photo_broken: "Không đọc được ảnh này", photo_none: "Không có ảnh", photo_alt: "Ảnh {n}", photo_remove: "Bỏ ảnh {n}", photo_big: "Xem ảnh lớn {n}", video_play: "Xem video {n}", photo_before: "Hiện trường", photo_after: "Sau xử lý", photo_prev: "Ảnh trước", photo_next: "Ảnh sau",
  place_hint: "Chạm vào bản đồ để đặt ghim, kéo ghim cho đúng chỗ.", place_me: "Dùng vị trí của tôi", place_locating: "Đang tìm vị trí…", place_denied: "Trình duyệt không cho biết vị trí. Hãy chạm vào bản đồ.", place_centre: "Đặt ghim ở giữa bản đồ",
  place_in: "Thuộc {area}", place_near: "Gần {area} nhất (cách {distance})", place_outside: "Vị trí này nằm ngoài thành phố.", place_needed: "Cho biết vị trí",
  place_address: "Chỉ dẫn thêm về địa điểm", place_address_hint: "Ví dụ: trước nhà số 12, cạnh cột điện",
  what_category: "Loại phản ánh", what_change: "Đổi loại", what_description: "Mô tả ngắn", what_description_hint: "Ví dụ: Ổ gà sâu giữa làn, xe máy phải tránh sang làn ô tô.",
  need_photo: "thêm ảnh", need_photo_out: "bỏ ảnh không được nhận", need_place: "đặt ghim trên bản đồ", need_category: "chọn loại phản ánh", need_description: "viết vài chữ mô tả", need_upload: "chờ ảnh tải xong", need_answers: "trả lời câu hỏi bắt buộc",
  missing: "Còn thiếu: {list}.", ready: "Đã đủ, có thể gửi.",
  nearby_title: "Có việc tương tự ở gần đây", nearby_lead: "Nếu đúng là việc này, bạn có thể theo dõi thay vì gửi mới. Vẫn gửi được: hệ thống sẽ ghép lại.", nearby_see: "Xem", metres: "{n} m", kilometres: "{n} km",
  photo_children: "Trong ảnh có trẻ em", photo_children_hint: "Ảnh sẽ không được công khai. Các ảnh khác chỉ công khai sau khi cán bộ xem và che mặt người, biển số xe.",
  contact_anonymous: "Không hiện tên tôi", contact_anonymous_hint: "Đơn vị xử lý sẽ không thấy ai đã gửi.", contact_name: "Họ tên", contact_phone: "Số điện thoại", contact_email: "Email", contact_hint: "Chỉ để báo kết quả và hỏi lại khi cần. Không công khai.", contact_bad_phone: "Số điện thoại chưa đúng.", contact_bad_email: "Email chưa đúng.",
  app_send: "Gửi phản ánh", app_sending: "Đang gửi…", app_saved: "Bản nháp được giữ trên máy này.", app_clear: "Xoá nháp", app_clear_sure: "Xoá bản nháp này?",
  app_unsure: "Mất kết nối khi đang gửi. Bấm gửi lại, hoặc để đó: máy tự gửi khi có mạng. Phản ánh sẽ không bị trùng.", app_first_kept: "Bản bạn gửi lần đầu đã được nhận; phần sửa sau đó chưa được gửi.",
  done_title: "Đã nhận phản ánh", done_lead: "Cảm ơn bạn. Ghi lại mã này để tra cứu bất cứ lúc nào.", done_to: "Chuyển tới", done_due: "Hạn xử lý", done_area: "Địa bàn", done_track: "Theo dõi", done_again: "Gửi phản ánh khác", done_link: "Đường dẫn theo dõi",
  mine_title: "Phản ánh của tôi", mine_empty: "Máy này chưa gửi phản ánh nào.", mine_login: "Đăng nhập bằng số điện thoại", mine_login_hint: "Để thấy phản ánh của bạn trên mọi thiết bị.", mine_logout: "Đăng xuất", mine_signed: "Đã đăng nhập: {phone}", mine_inbox: "Thông báo", mine_forget: "Gỡ khỏi máy này", mine_gone: "Không còn mở được bằng đường dẫn này.",
  otp_send: "Gửi mã", otp_code: "Mã xác thực", otp_sent: "Đã gửi mã tới {phone}.", otp_verify: "Đăng nhập",
  track_timeline: "Diễn biến", track_answer: "Kết quả xử lý", track_filed: "Gửi lúc", track_rated: "Bạn đã chấm {score}/5", track_unit: "Đơn vị xử lý", track_what_now: "Bạn có thể", track_public: "Đây là phần ai cũng xem được. Nội dung và ảnh chỉ người gửi và cán bộ xem được.", track_description: "Nội dung", track_not_found: "Không mở được phản ánh này", track_not_found_text: "Đường dẫn có thể đã hết hạn hoặc thiếu phần cuối.", track_close: "Kết thúc",
  form_required: "Cần điền mục này.", form_too_long: "Dài quá {n} ký tự.", form_bad_number: "Cần một số từ {min} đến {max}.", form_chars: "{n}/{max}",
  rating_1: "Rất không hài lòng", rating_2: "Không hài lòng", rating_3: "Chấp nhận được", rating_4: "Hài lòng", rating_5: "Rất hài lòng", rating_of: "{n} trên 5",
  action_sure: "Thực hiện “{label}”?", action_done: "Đã xong: {label}",

  login_title: "Đăng nhập cán bộ", login_user: "Tên đăng nhập", login_password: "Mật khẩu", login_go: "Đăng nhập", login_wrong: "Tên đăng nhập hoặc mật khẩu chưa đúng.", login_again: "Phiên làm việc đã hết. Đăng nhập lại để tiếp tục.", logout: "Đăng xuất", login_hint: "Dùng tài khoản do thành phố cấp.",
  list_title: "Danh sách việc", list_search: "Tìm theo nội dung, địa chỉ, mã", list_status: "Trạng thái", list_department: "Đơn vị", list_category: "Loại", list_area: "Phường, xã", list_sort: "Sắp xếp", list_overdue: "Chỉ quá hạn", list_mine: "Việc của tôi", list_open: "Đang mở", list_every: "Mọi trạng thái", list_filters: "Bộ lọc", list_clear: "Bỏ lọc", list_more: "Tải thêm", list_empty: "Không có việc nào khớp bộ lọc.", list_end: "Hết danh sách", list_new: "Danh sách vừa được cập nhật", list_count: "{n} việc", list_count_more: "{n}+ việc",
  sort_due: "Hạn gần nhất", sort_new: "Mới nhất", sort_updated: "Mới cập nhật",
  case_pick: "Chọn một việc ở danh sách bên trái", case_pick_hint: "Phím J, K để lên xuống; / để tìm; Esc để quay lại.", case_photos: "Ảnh", case_where: "Vị trí", reporter_restricted: "Hạn chế xử lý dữ liệu", reporters_show: "Xem người phản ánh", reporters_reason: "Lý do cần biết người phản ánh", reporters_noted: "Mỗi lần xem được ghi vào nhật ký kiểm tra, kèm lý do.", reporters_none: "Không ai để lại danh tính.", case_reports: "Phản ánh của người dân ({n})", case_timeline: "Diễn biến", case_clocks: "Thời hạn", case_paused: "tạm dừng", case_why: "Vì sao về đơn vị này?", case_note: "Ghi chú nội bộ", case_note_add: "Thêm ghi chú", case_note_hint: "Chỉ cán bộ thấy.", case_conflict: "Đồng nghiệp vừa cập nhật việc này trước bạn. Đã tải bản mới; xem lại rồi bấm lại nhé.", case_left: "Đã xong: {label}. Việc này nay do nơi khác giữ nên không còn trong danh sách của bạn.", case_action_gone: "Bước này không còn áp dụng cho việc này.", case_not_found: "Không thấy việc này hoặc bạn không có quyền xem.", case_no_actions: "Hiện không có bước nào dành cho bạn.", case_directions: "Toạ độ", case_answer: "Trả lời người dân", case_rating: "Người dân chấm", case_history_system: "Hệ thống", case_ward: "Địa bàn", case_opened: "Mở lúc", case_updated: "Cập nhật", case_source: "Kênh", case_merged: "ghép từ nhiều phản ánh",
  why_words: "Từ khoá", why_priority: "Mức ưu tiên", why_hours: "Thời hạn", why_hours_n: "{n} giờ làm việc", why_rules: "Bộ quy tắc {n}", why_process: "quy trình {n}", why_rule: "Quy tắc", why_versions: "Phiên bản", why_department: "Đơn vị", why_area: "Địa bàn",
  sos_title: "Cầu cứu khẩn cấp", sos_lead: "Bão, lũ, nguy hiểm tính mạng. Gọi được thì gọi", sos_what: "Cần gì", sos_kind_trapped: "Mắc kẹt", sos_kind_medical: "Cấp cứu", sos_kind_boat: "Cần thuyền", sos_kind_food: "Lương thực, nước", sos_kind_other: "Khác", sos_people: "Số người", sos_children: "Trẻ em", sos_elderly: "Người già", sos_pregnant: "Phụ nữ mang thai", sos_injured: "Người bị thương", sos_locating: "Đang tìm vị trí…", sos_again: "Tìm lại", sos_no_place: "Chưa lấy được vị trí. Bật định vị rồi bấm Tìm lại, hoặc nhắn tin SOS kèm địa chỉ.", sos_note: "Ghi chú ngắn", sos_send: "Gửi lời cầu cứu", sos_sms: "Nhắn tin SMS thay vì qua mạng", sos_offline: "Không có mạng. Bấm gửi lại, hoặc nhắn tin SMS.", sos_done: "Đã nhận lời cầu cứu", sos_done_hint: "Lực lượng cứu hộ đã được báo. Giữ điện thoại; nếu nguy cấp hãy gọi 112.", app_handed_in: "Có mạng lại: đã gửi {n} phản ánh đang chờ", sos_list: "Cứu hộ", sos_total: "{n} người", sos_urgent: "Khẩn cấp trước", sos_oldest: "Lâu nhất trước", sos_print: "In", sos_none: "Không có lời cầu cứu nào.", sos_where: "Chưa rõ vị trí: gọi lại",
};
